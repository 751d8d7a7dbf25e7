using Stammgast.Keys;
using Xunit;

namespace Stammgast.Tests.Keys;

public sealed class CellKeysTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string KekPath => Path.Combine(_folder.Info.FullName, "keys", "kek");

    private string CellPath => Path.Combine(_folder.Info.FullName, "keys", "cell");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_start_finds_the_same_cell()
    {
        var id = new Identifier(IdentifierType.UserId, "u");
        using var first = CellKeys.Open(_folder.Info);
        using var second = CellKeys.Open(_folder.Info);
        Assert.Equal(first.CellId, second.CellId);
        Assert.Equal(first.Index.Leaf(id), second.Index.Leaf(id));
        Assert.Equal(first.Derive("x"u8), second.Derive("x"u8));
        Assert.NotEqual(first.Derive("x"u8), first.Derive("y"u8));
    }

    [Fact]
    public void Only_the_owner_may_read_the_key_files()
    {
        using var cell = CellKeys.Open(_folder.Info);
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(owner, File.GetUnixFileMode(KekPath));
        Assert.Equal(owner, File.GetUnixFileMode(CellPath));
        Assert.Equal(owner | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(KekPath)!));
    }

    [Fact]
    public void A_lost_or_foreign_key_stops_the_start()
    {
        CellKeys.Open(_folder.Info).Dispose();
        var kek = File.ReadAllBytes(KekPath);
        File.Delete(KekPath);
        Assert.Throws<InvalidDataException>(() => CellKeys.Open(_folder.Info));
        kek[5] ^= 1;
        File.WriteAllBytes(KekPath, kek);
        Assert.Throws<InvalidDataException>(() => CellKeys.Open(_folder.Info));
        kek[5] ^= 1;
        File.WriteAllBytes(KekPath, kek);
        CellKeys.Open(_folder.Info).Dispose();
        File.WriteAllBytes(CellPath, File.ReadAllBytes(CellPath)[..^1]);
        Assert.Throws<InvalidDataException>(() => CellKeys.Open(_folder.Info));
    }

    [Fact]
    public void A_lost_cell_file_beside_person_keys_is_not_a_first_start()
    {
        using (var cell = CellKeys.Open(_folder.Info))
            PersonKeys.Open(_folder.Info, cell).Dispose();
        File.Delete(CellPath);
        Assert.Throws<InvalidDataException>(() => CellKeys.Open(_folder.Info));
    }

    [Fact]
    public void A_crash_between_the_two_files_is_repaired()
    {
        CellKeys.Open(_folder.Info).Dispose();
        var kek = File.ReadAllBytes(KekPath);
        File.Delete(CellPath);
        CellKeys.Open(_folder.Info).Dispose();
        Assert.Equal(kek, File.ReadAllBytes(KekPath));
    }
}
