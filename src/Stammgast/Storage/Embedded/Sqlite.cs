using System.Buffers.Binary;
using SQLitePCL;

namespace Stammgast.Storage.Embedded;

/// <summary>What SQLite refused, with its extended code; never a value.</summary>
internal sealed class SqliteFault(int code, string what) : IOException(what)
{
    public int Code { get; } = code;

    /// <summary>The disk is full; the transaction can be rolled back and tried again later.</summary>
    public bool IsFull => (Code & 0xff) == raw.SQLITE_FULL;
}

/// <summary>
/// One connection, straight on SQLite's C interface: a statement that runs a hundred thousand times
/// a second cannot afford a command, a reader and a boxed parameter each. One thread at a time.
/// </summary>
internal sealed class Database : IDisposable
{
    private const int BusyMs = 10_000;

    private readonly sqlite3 handle;
    private readonly List<Statement> statements = [];

    static Database() => Batteries_V2.Init();

    public Database(string path)
    {
        var code = raw.sqlite3_open_v2(path, out handle,
            raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        Check(code);
        Check(raw.sqlite3_busy_timeout(handle, BusyMs));
    }

    public long LastRow => raw.sqlite3_last_insert_rowid(handle);

    /// <summary>Prepared once, kept until the connection closes.</summary>
    public Statement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(
            handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var prepared));
        var statement = new Statement(this, prepared);
        statements.Add(statement);
        return statement;
    }

    /// <summary>One or several statements without parameters or rows.</summary>
    public void Run(string sql) => Check(raw.sqlite3_exec(handle, sql));

    /// <summary>The first column of the first row, as a number.</summary>
    public long Ask(string sql)
    {
        Check(raw.sqlite3_prepare_v2(handle, sql, out var prepared));
        using var statement = new Statement(this, prepared);
        return statement.Step() ? statement.Int(0) : 0;
    }

    /// <summary>Leaves the write-ahead log as it is when closed: it is about to be deleted.</summary>
    public void KeepLogOnClose() =>
        Check(raw.sqlite3_db_config(handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _));

    /// <summary>All steps, or none of them.</summary>
    public void InTransaction(Action steps)
    {
        Run("BEGIN IMMEDIATE");
        try
        {
            steps();
            Run("COMMIT");
        }
        catch
        {
            // A full disk may have rolled back already.
            if (raw.sqlite3_get_autocommit(handle) == 0)
                Run("ROLLBACK");
            throw;
        }
    }

    /// <summary>Reads that see one moment.</summary>
    public void InReadTransaction(Action reads)
    {
        Run("BEGIN");
        try
        {
            reads();
        }
        finally
        {
            Run("COMMIT");
        }
    }

    public void Check(int code)
    {
        if (code is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE)
            return;
        var extended = handle.IsInvalid ? code : raw.sqlite3_extended_errcode(handle);
        throw new SqliteFault(extended == 0 ? code : extended,
            $"SQLite {extended}: {raw.sqlite3_errstr(code).utf8_to_string()}");
    }

    public void Dispose()
    {
        foreach (var statement in statements)
            statement.Dispose();
        handle.Dispose();
    }
}

/// <summary>A prepared statement: bind, step, read, reset.</summary>
internal sealed class Statement(Database owner, sqlite3_stmt handle) : IDisposable
{
    public Statement Bind(int index, long value)
    {
        owner.Check(raw.sqlite3_bind_int64(handle, index, value));
        return this;
    }

    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        owner.Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(handle, index, 0)
            : raw.sqlite3_bind_blob(handle, index, value));
        return this;
    }

    public Statement BindWide(int index, UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return Bind(index, bytes);
    }

    public Statement Bind(int index, LeafId leaf) => BindWide(index, leaf.Value);

    /// <summary>True: a row can be read. False: it has run and is reset.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code != raw.SQLITE_DONE)
        {
            try
            {
                owner.Check(code);
            }
            finally
            {
                Reset();
            }
        }
        Reset();
        return false;
    }

    /// <summary>Steps to the end, reading nothing.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>The first column of the only row; <paramref name="absent"/> if there is none.</summary>
    public long One(long absent)
    {
        if (!Step())
            return absent;
        var value = Int(0);
        Reset();
        return value;
    }

    public long Int(int column) => raw.sqlite3_column_int64(handle, column);

    /// <summary>Valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(handle, column);

    public LeafId Leaf(int column) => LeafId.Read(Blob(column));

    public void Reset() => _ = raw.sqlite3_reset(handle); // repeats the error that Step threw

    public void Dispose() => handle.Dispose();
}
