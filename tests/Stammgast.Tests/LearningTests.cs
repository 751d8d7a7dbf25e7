using Stammgast.Catalogue;
using Stammgast.Consent;
using Stammgast.Intelligence;
using Stammgast.Storage;
using Stammgast.Tests.Intelligence;
using Stammgast.Tests.Profiles;
using Xunit;
using static Stammgast.Tests.Profiles.Events;

namespace Stammgast.Tests;

/// <summary>What models learn between two trainings: from whole persons who let them, and no longer.</summary>
public sealed class LearningTests : IAsyncLifetime
{
    private static readonly PurposeSet Learned =
        PurposeSet.Of(Purposes.Default.Get(FlowTraining.Purpose));

    private static readonly CatalogueSnapshot Goods = Shop.Assortment([
        .. new[] { "A", "B", "END-1", "END-2" }.Select(id => Shop.Product(id))]);

    private readonly TestCell _cell = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TrainingWorker _training = Shop.Worker(Goods, [],
        new TrainingOptions { PublishEvery = TimeSpan.FromMilliseconds(5) });
    private FlowLearning _learning = null!;
    private int _taught;
    private Task _running = Task.CompletedTask;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ConsentState Yes { get; } = ConsentState.Empty.With(new ConsentAct
    {
        Status = ConsentStatus.Given, Purposes = Learned, Scope = ConsentScope.Person,
        MadeAtMs = 1, ReceivedAtMs = 1, Notice = 1, ExpiresAtMs = long.MaxValue,
    });

    public async ValueTask InitializeAsync()
    {
        _learning = new FlowLearning(_cell.Reader, _training, Purposes.Default, _cell.Time);
        _running = _training.RunAsync(_stop.Token);
        await _training.Trained;
        // Anna, on her telephone and on the family's tablet.
        await _cell.FoldAsync(
            One(EventKind.ProductViewed, Start, User("anna"), Device("phone")),
            One(EventKind.ProductViewed, Start + 1, User("anna"), Device("tablet")),
            One(EventKind.ProductViewed, Start + 2, Device("phone")),
            One(EventKind.ProductViewed, Start + 3, Device("tablet")),
            One(EventKind.ProductViewed, Start, User("end")));
        foreach (var who in (Identifier[])[User("anna"), Device("phone"), User("end")])
            await _cell.ConsentAsync(_cell.Index.Leaf(who), Learned);
        Assert.Equal(await _cell.RootAsync(User("anna")), await _cell.RootAsync(Device("phone")));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _cell.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Who_said_yes_teaches_at_once()
    {
        await TeachAsync(User("anna"), "A");
        Assert.Equal(2, _training.Current.Card.People);
    }

    [Fact]
    public async Task A_no_on_one_leaf_keeps_the_others_from_teaching()
    {
        await _cell.ConsentAsync(
            _cell.Index.Leaf(Device("tablet")), Learned, ConsentStatus.Refused);
        await TeachAsync(User("anna"), "A");
        Assert.Equal(1, _training.Current.Card.People);
    }

    [Fact]
    public async Task A_no_on_one_leaf_takes_what_the_others_taught()
    {
        await TeachAsync(User("anna"), "A");
        await TeachAsync(Device("phone"), "B");
        Assert.Equal(3, _training.Current.Card.People);
        _learning.Forget(_cell.Index.Leaf(Device("tablet")));
        await _learning.StepAsync(Cancel);
        Assert.Equal(1, _training.Current.Card.People);
    }

    [Fact]
    public async Task Who_is_known_to_be_a_minor_on_any_leaf_teaches_nothing()
    {
        await _cell.FoldAsync(One(EventKind.Identify, Start + 9, Device("phone"))
            .Traits("""{"age":12}"""));
        await TeachAsync(User("anna"), "A");
        Assert.Equal(1, _training.Current.Card.People);
    }

    [Fact]
    public async Task Consents_that_cannot_be_read_are_a_no_for_the_whole_person()
    {
        var damaged = new WriteBatch();
        damaged.Records.Add(new RecordWrite(ConsentRows.KeyOf(_cell.Index.Leaf(Device("tablet"))),
            RecordWrite.AnyVersion, new byte[] { 1, 2, 3 }));
        await _cell.Store.CommitAsync(damaged, Lane.Fold, Cancel);
        await TeachAsync(User("anna"), "A");
        Assert.Equal(1, _training.Current.Card.People);
        var anna = await _cell.Reader.LoadAsync(_cell.Index.Leaf(User("anna")), Cancel);
        Assert.True(anna!.Refused.Has(KnownPurposes.NegativeTargeting));
    }

    // Rows keep their order: once the last is learned, so is what came before it, or it never is.
    private async Task TeachAsync(Identifier who, string product)
    {
        var last = "END-" + ++_taught;
        foreach (var (id, shown) in (ValueTuple<Identifier, string>[])
            [(who, product), (User("end"), last)])
        {
            var view = _cell.Of(One(EventKind.ProductViewed, _cell.Time.NowMs, id)) with
            {
                Items = [Item(shown)],
            };
            _learning.Observe(view, Yes);
        }
        await _learning.StepAsync(Cancel);
        while (_training.Current.PopularityOf(Goods.IndexOf(last)) == 0)
            await Task.Yield();
    }
}
