namespace Nacre.Images;

/// <summary>Why an image was refused or could not be had. Closed: callers switch on it.</summary>
public enum ImageFault
{
    /// <summary>The registry does not answer, or broke off again and again.</summary>
    Unreachable,
    NotFound,

    /// <summary>The registry wants credentials, or others.</summary>
    Denied,
    SignatureMissing,
    SignatureInvalid,
    PolicyRejected,
    PolicyInvalid,
    DigestMismatch,
    MacMismatch,
    DiffIdMismatch,
    KeyUnavailable,
    UnsafeEntry,
    TooLarge,
    Malformed,

    /// <summary>A form that exists but that is not read here.</summary>
    Unsupported,

    /// <summary>This machine failed: no space, no right, a directory in the way.</summary>
    Local,
}

/// <summary>
/// The one error of this room. Programs read the properties; people read the message, which has all of them in one line.
/// No secret is ever part of it.
/// </summary>
public sealed class ImageException(ImageFault fault, string what, string where, string remedy, Exception? innerException = null)
    : Exception($"{what} ({where}); {remedy}", innerException)
{
    public ImageFault Fault { get; } = fault;

    /// <summary>What is wrong, with expected and found value where there are such.</summary>
    public string What { get; } = what;

    /// <summary>The image, layer, file or address it happened at.</summary>
    public string Where { get; } = where;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;
}
