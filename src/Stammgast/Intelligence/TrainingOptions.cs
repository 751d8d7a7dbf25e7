namespace Stammgast.Intelligence;

/// <summary>Bounds of training. All memory of the models follows from them.</summary>
public sealed record TrainingOptions
{
    /// <summary>Uses of a product kept over all people; the oldest leave first.</summary>
    public int MaxUses { get; init; } = 5_000_000;

    /// <summary>Different (product, day) uses kept of one leaf: a robot weighs no more.</summary>
    public int MaxUsesPerLeaf { get; init; } = 512;

    /// <summary>Sessions kept; the oldest leave first.</summary>
    public int MaxSessions { get; init; } = 1_000_000;

    /// <summary>Products of one session that count.</summary>
    public int MaxSessionItems { get; init; } = 50;

    /// <summary>A pause that ends a session, seconds.</summary>
    public int SessionGapSeconds { get; init; } = 30 * 60;

    /// <summary>Days after which a use is worth half in popularity.</summary>
    public double PopularityHalfLifeDays { get; init; } = 30;

    /// <summary>Neighbours kept of each product.</summary>
    public int Neighbours { get; init; } = 300;

    /// <summary>People who must share a pair before anybody sees it.</summary>
    public int MinPeople { get; init; } = 2;

    /// <summary>Rows waiting to be learned; more are left to the next full training.</summary>
    public int QueueRows { get; init; } = 100_000;

    /// <summary>Between two snapshots while rows come in.</summary>
    public TimeSpan PublishEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two full trainings from the store.</summary>
    public TimeSpan TrainEvery { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Until a full training that failed is tried again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Leaves that said no since the last full training, remembered at most.</summary>
    public int MaxForgotten { get; init; } = 200_000;
}
