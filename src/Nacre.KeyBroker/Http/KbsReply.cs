using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;

namespace Nacre.KeyBroker.Http;

/// <summary>What is sent back.</summary>
public sealed record KbsReply
{
    private const string Json = "application/json";

    public int Status { get; init; } = 200;
    public string? ContentType { get; init; }
    public byte[] Body { get; init; } = [];

    /// <summary>The session cookie to set; null leaves the guest's as it is.</summary>
    public SessionCookie? Cookie { get; init; }

    /// <summary>The audit record's MAC of the secret inside; null when there is none.</summary>
    public string? SecretMac { get; init; }

    /// <summary>For the audit record; null when there is nothing to say beyond the route.</summary>
    public string? Note { get; init; }

    /// <summary>When to ask again; null when that is of no use.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static KbsReply Empty { get; } = new();

    public static KbsReply Of(JsonNode json) => new() { ContentType = Json, Body = JsonText.Utf8(json) };

    public static KbsReply OfJson(byte[] utf8) => new() { ContentType = Json, Body = utf8 };

    public static KbsReply Of(KbsProblemException problem) =>
        new() { Status = problem.Status, ContentType = Json, Body = problem.ToInformation().ToUtf8(), RetryAfter = problem.RetryAfter };
}

/// <param name="Value">Opaque to the guest.</param>
/// <param name="Expires">From then on it is of no use.</param>
public sealed record SessionCookie(string Value, DateTimeOffset Expires);
