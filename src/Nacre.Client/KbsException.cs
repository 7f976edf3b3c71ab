using System.Net;

namespace Nacre.Client;

public enum KbsFailure
{
    /// <summary>No attestation, or one that is no longer good (401).</summary>
    Unauthenticated,

    /// <summary>A policy said no (403).</summary>
    Denied,

    /// <summary>There is no such thing (404).</summary>
    NotFound,

    /// <summary>The server does not understand the request (other 4xx).</summary>
    Refused,

    /// <summary>The server failed (5xx), or could not be reached.</summary>
    Unavailable,

    /// <summary>The reply is not what the protocol says.</summary>
    Protocol,
}

/// <summary>The key broker did not do what was asked. Programs read the properties, people read the message.</summary>
public sealed class KbsException : Exception
{
    public KbsException(KbsFailure failure, string detail, Exception? innerException = null)
        : base(detail, innerException) => (Failure, Detail) = (failure, detail);

    public KbsFailure Failure { get; }

    /// <summary>The server's words.</summary>
    public string Detail { get; }

    /// <summary>Null when there was no reply.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>The server's error type, such as <c>PolicyDeny</c>; null when the body was not of the protocol.</summary>
    public string? ErrorType { get; init; }

    /// <summary>The id under which the server's operator finds the whole story; null when the server gave none.</summary>
    public string? Reference { get; init; }

    public override string ToString() => Reference is null ? base.ToString() : $"{base.ToString()} (reference {Reference})";
}
