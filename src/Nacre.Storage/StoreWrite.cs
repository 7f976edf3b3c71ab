using System.Text;

namespace Nacre.Storage;

/// <summary>What must be true of a key for a write to happen.</summary>
/// <param name="Version">Null: anything. 0: the key must not exist. Otherwise it must exist with exactly this version.</param>
public readonly record struct WriteCondition(long? Version)
{
    public static WriteCondition None => new(null);
    public static WriteCondition MustNotExist => new(0);

    /// <summary>A condition that must not be met by a key that is absent is spelled <see cref="MustNotExist"/>.</summary>
    public static WriteCondition MustBe(long version) => new(version);

    public bool Holds(long? actual) => Version is null || Version == (actual ?? 0);
}

/// <summary>One part of a transaction: a value, its removal when <see cref="Value"/> is null, or only a condition.</summary>
public sealed record StoreWrite
{
    public const int MaxNameLength = 1024;
    public const int MaxValueBytes = 16 * 1024 * 1024;

    private StoreWrite(string space, string key, byte[]? value, WriteCondition condition)
    {
        ArgumentException.ThrowIfNullOrEmpty(space);
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (Encoding.UTF8.GetByteCount(space) > MaxNameLength || Encoding.UTF8.GetByteCount(key) > MaxNameLength)
            throw new ArgumentException($"a name is longer than {MaxNameLength} bytes", nameof(key));
        if (value?.Length > MaxValueBytes)
            throw new ArgumentException($"is larger than {MaxValueBytes} bytes", nameof(value));

        (Space, Key, Value, Condition) = (space, key, value, condition);
    }

    public string Space { get; }
    public string Key { get; }
    public byte[]? Value { get; }
    public WriteCondition Condition { get; }

    /// <summary>Changes nothing; the others happen only when its condition holds.</summary>
    public bool OnlyChecks { get; private init; }

    public static StoreWrite Set(string space, string key, byte[] value, WriteCondition condition = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(space, key, value, condition);
    }

    public static StoreWrite Delete(string space, string key, WriteCondition condition = default) => new(space, key, null, condition);

    public static StoreWrite Check(string space, string key, WriteCondition condition) => new(space, key, null, condition) { OnlyChecks = true };

    internal StoreWrite WithValue(byte[]? value) => new(Space, Key, value, Condition);
}
