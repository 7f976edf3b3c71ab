using System.Globalization;
using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>One line of the record as it was written: with its hash, so that the receiver can follow the chain too.</summary>
/// <param name="Chain">Its id.</param>
/// <param name="Sequence">In the chain, from 1.</param>
/// <param name="Json">Without the line feed.</param>
internal sealed record AuditExportLine(string Chain, long Sequence, string Json)
{
    /// <summary><c>release</c>, <c>change</c>, <c>start</c> and so on.</summary>
    public required string Action { get; init; }

    /// <summary>Null for lines about the chain itself.</summary>
    public string? Outcome { get; init; }

    /// <summary>Null for the first line of a segment.</summary>
    public DateTimeOffset? At { get; init; }

    public bool IsWarning => Outcome is "refused" or "failed";

    /// <exception cref="MalformedDataException">It is no line of the record.</exception>
    public static AuditExportLine Parse(string chain, long sequence, ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "audit.line", AuditLine.MaxBytes);
        var fields = new JsonFields("audit.line", document.RootElement);
        if (fields.Any("seq") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt64(out var found) || found != sequence)
            throw fields.Malformed("seq", $"must be {sequence}");

        return new AuditExportLine(chain, sequence, Encoding.UTF8.GetString(utf8.Span))
        {
            Action = fields.Text("action", 32),
            Outcome = fields.FindText("outcome", 32),
            At = fields.FindText("at", 32) is { } at
                ? DateTimeOffset.Parse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null,
        };
    }
}
