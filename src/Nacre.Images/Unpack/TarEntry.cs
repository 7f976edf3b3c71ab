namespace Nacre.Images.Unpack;

public enum TarKind
{
    Regular,
    HardLink,
    SymbolicLink,
    CharacterDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// <summary>One entry of a tar archive as it stands there. Names are one byte a character (<c>Nacre.Linux.Files.FileName</c>).</summary>
internal sealed record TarEntry
{
    public required string Name { get; init; }
    public required TarKind Kind { get; init; }
    public required string LinkTarget { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public required uint Mode { get; init; }

    public required uint User { get; init; }
    public required uint Group { get; init; }

    /// <summary>Size of the file, and where its data belongs.</summary>
    public required SparseMap Content { get; init; }

    public required long ModifiedSeconds { get; init; }
    public required int ModifiedNanoseconds { get; init; }
    public required uint Major { get; init; }
    public required uint Minor { get; init; }
    public required IReadOnlyDictionary<string, byte[]> Attributes { get; init; }
}
