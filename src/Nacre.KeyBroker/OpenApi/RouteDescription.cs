namespace Nacre.KeyBroker.OpenApi;

/// <summary>What the document says of a route beyond what the route table knows.</summary>
/// <param name="Route">Method and template, as in the table.</param>
/// <param name="Summary">One line.</param>
internal sealed record RouteDescription(string Route, string Summary)
{
    public const string Json = "application/json";
    public const string Bytes = "application/octet-stream";

    /// <summary>Name of the schema of the body; null when there is none, or it is bytes.</summary>
    public string? Request { get; init; }

    /// <summary>Media type of the body; null when the route takes none.</summary>
    public string? RequestType => Request is not null ? Json : TakesBytes ? Bytes : null;

    public bool TakesBytes { get; init; }

    /// <summary>Name of the schema of a reply with status 200; null when that is empty.</summary>
    public string? Reply { get; init; }

    /// <summary>Statuses with the error body, besides those of every route of its access.</summary>
    public IReadOnlyList<int> Problems { get; init; } = [];

    /// <summary>What status 503 has in place of the error body.</summary>
    public string? UnavailableReply { get; init; }

    public IReadOnlyList<(string Name, string Meaning)> Query { get; init; } = [];
}
