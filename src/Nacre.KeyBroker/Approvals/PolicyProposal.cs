using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Storage;

namespace Nacre.KeyBroker.Approvals;

/// <summary>Somebody who spoke about a proposal.</summary>
/// <param name="Subject">One person or program, whatever the credential.</param>
/// <param name="Name">As the audit record has it.</param>
public sealed record ProposalVoice(string Subject, string Name);

/// <summary>A change of a policy that waits for others than its author.</summary>
public sealed record PolicyProposal
{
    public const string Open = "open";
    public const string Applied = "applied";
    public const string Rejected = "rejected";
    public const string Superseded = "superseded";
    private const string Expired = "expired";

    // The text is base64 in it.
    private const int MaxBytes = 2 * PolicyDocument.MaxBytes;
    private const int MaxName = 2048;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public required string Id { get; init; }

    /// <summary><c>attestation</c> or <c>resource</c>.</summary>
    public required string Kind { get; init; }

    public required string PolicyId { get; init; }

    /// <summary>Null to delete the policy.</summary>
    public PolicyDocument? Policy { get; init; }

    /// <summary>Such as <c>rollback to 3</c>; null for a text that is set.</summary>
    public string? Note { get; init; }

    /// <summary>Of the policy in the store when this was proposed; 0 when there was none.</summary>
    public required long Against { get; init; }

    public required ProposalVoice Author { get; init; }

    public required DateTimeOffset At { get; init; }

    public required DateTimeOffset Expires { get; init; }

    public IReadOnlyList<ProposalVoice> Approvals { get; init; } = [];

    public string State { get; init; } = Open;

    /// <summary>Of this record in the store.</summary>
    public long Version { get; init; }

    public string StateAt(DateTimeOffset now) => State == Open && now >= Expires ? Expired : State;

    /// <summary>Everything but the text.</summary>
    public JsonObject ToJson(DateTimeOffset now) => new()
    {
        ["proposal"] = Id,
        ["state"] = StateAt(now),
        ["kind"] = Kind,
        ["id"] = PolicyId,
        ["digest"] = Policy?.Digest,
        ["note"] = Note,
        ["author"] = Author.Name,
        ["at"] = Text(At),
        ["expires"] = Text(Expires),
        ["approvals"] = new JsonArray([.. Approvals.Select(voice => (JsonNode)voice.Name)]),
    };

    internal byte[] ToUtf8() => JsonText.Utf8(new JsonObject
    {
        ["kind"] = Kind,
        ["id"] = PolicyId,
        ["policy"] = Policy is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes(Policy.Text)),
        ["note"] = Note,
        ["against"] = Against,
        ["author"] = Voice(Author),
        ["at"] = Text(At),
        ["expires"] = Text(Expires),
        ["approvals"] = new JsonArray([.. Approvals.Select(Voice)]),
        ["state"] = State,
    });

    /// <exception cref="StoreException">The store holds something else there.</exception>
    internal static PolicyProposal Parse(string id, StoredValue stored)
    {
        try
        {
            using var document = StrictJson.Parse(stored.Value, "policy.proposal", MaxBytes);
            var fields = new JsonFields("policy.proposal", document.RootElement);
            var policyId = fields.Text("id", MaxName);
            return new PolicyProposal
            {
                Id = id,
                Kind = fields.Text("kind", 16),
                PolicyId = policyId,
                Policy = fields.Find("policy") is null
                    ? null : new PolicyDocument(policyId, Encoding.UTF8.GetString(fields.Base64("policy", PolicyDocument.MaxBytes))),
                Note = fields.FindText("note", MaxName),
                Against = fields.Any("against").TryGetInt64(out var against)
                    ? against : throw fields.Malformed("against", "must be a version"),
                Author = Voice(fields.Object("author")),
                At = Time(fields, "at"),
                Expires = Time(fields, "expires"),
                Approvals = [.. fields.Array("approvals").Select(voice => Voice(new JsonFields("policy.proposal.approvals", voice)))],
                State = fields.Text("state", 16),
                Version = stored.Version,
            };
        }
        catch (MalformedDataException e)
        {
            throw new StoreException($"what the store holds of the proposal {id} cannot be read: {e.Message}", e);
        }
    }

    private static JsonNode Voice(ProposalVoice voice) => new JsonObject { ["subject"] = voice.Subject, ["name"] = voice.Name };

    private static ProposalVoice Voice(JsonFields fields) => new(fields.Text("subject", MaxName), fields.Text("name", MaxName));

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(JsonFields fields, string name) => DateTimeOffset.TryParseExact(
        fields.Text(name, 32), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        ? time : throw fields.Malformed(name, "must be a time");
}
