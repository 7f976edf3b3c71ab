using Nacre.Images.References;

namespace Nacre.Images.Copy;

/// <summary>What happens to a blob.</summary>
public enum ImageStep
{
    /// <summary>Its bytes come in, to be unpacked.</summary>
    Fetching,

    /// <summary>Its bytes go from one place to another.</summary>
    Copying,

    /// <summary>All bytes went by, and size, digest and MAC were right.</summary>
    Verified,

    /// <summary>Its files are written, and the diff_id was right.</summary>
    Unpacked,

    /// <summary>It was there already.</summary>
    Present,
}

/// <summary>How far one blob of a copy or a pull is, in bytes as the registry has them. May be said by several tasks at once.</summary>
public readonly record struct ImageProgress(ImageStep Step, Digest Blob, long Done, long Total);
