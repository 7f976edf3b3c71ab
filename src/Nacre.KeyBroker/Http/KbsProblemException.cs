using Nacre.Attestation.Remote;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker.Audit;
using Nacre.Storage;

namespace Nacre.KeyBroker.Http;

/// <summary>A request is not served; becomes the error body of the protocol (trust.md 1.10). The detail is meant for whoever asked.</summary>
public sealed class KbsProblemException : Exception
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    public KbsProblemException(int status, string type, string detail, string? reference = null, Exception? innerException = null)
        : base(detail, innerException) => (Status, Type, Reference) = (status, type, reference);

    /// <summary>HTTP status.</summary>
    public int Status { get; }

    /// <summary>One of <see cref="ErrorTypes"/>.</summary>
    public string Type { get; }

    /// <summary>Id of the recorded attempt; null when none was recorded.</summary>
    public string? Reference { get; }

    /// <summary>When to ask again; null when that is of no use.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What a peer is told of an exception that a request can bring about; null for a defect of ours.</summary>
    public static KbsProblemException? From(Exception exception) => exception switch
    {
        KbsProblemException problem => problem,
        MalformedDataException e => Malformed(e.Message, e),
        AuditException e => new(
            503, ErrorTypes.Unavailable,
            "the audit record cannot be written, so nothing is done; the server's log says why; try again later", null, e)
        {
            RetryAfter = s_pause,
        },
        AttestationUnavailableException e => new(
            503, ErrorTypes.Unavailable, $"the attestation service is not available: {e.Reason}; try again later", null, e)
        {
            RetryAfter = s_pause,
        },
        RemoteRefusalException e => new(
            e.IsUnsupported ? 501 : e.IsForbidden ? 403 : 400, ErrorTypes.AttestationError, $"the attestation service refused: {e.Message}", null, e),
        StoreException e => new(503, ErrorTypes.Unavailable, "the store is not available; try again later", null, e)
        {
            RetryAfter = s_pause,
        },
        _ => null,
    };

    public KbsProblemException WithReference(string reference) =>
        new(Status, Type, Message, reference, InnerException) { RetryAfter = RetryAfter };

    public ErrorInformation ToInformation() => new(Type, Message, Reference);

    public static KbsProblemException Malformed(string detail, Exception? innerException = null) =>
        new(400, ErrorTypes.SerdeError, detail, null, innerException);

    public static KbsProblemException InvalidPath(string path, string rule) =>
        new(400, ErrorTypes.InvalidRequestPath, $"Request path {path} is invalid: {rule}");

    public static KbsProblemException NotFound(string detail) => new(404, ErrorTypes.ResourceNotFound, detail);
}
