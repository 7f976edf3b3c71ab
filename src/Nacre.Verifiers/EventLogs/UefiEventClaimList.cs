using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats.EventLogs;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.EventLogs.UefiEventClaims>;
using AgentClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.EventLogs.AgentEvent>;
using DetailClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.EventLogs.UefiEventDetails>;
using DigestClaim = Nacre.Verifiers.Schemas.Claim<(string Algorithm, byte[] Digest)>;

namespace Nacre.Verifiers.EventLogs;

/// <summary>The claims of an event, name for name as upstream writes them (trust.md 3.10).</summary>
internal static class UefiEventClaimList
{
    private static readonly JsonDocumentOptions s_json = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private static readonly DigestClaim[] s_digest =
    [
        DigestClaim.Text("alg", "The hash.", d => d.Algorithm),
        DigestClaim.Hex("digest", "Its value.", d => d.Digest),
    ];

    private static readonly AgentClaim[] s_agent =
    [
        AgentClaim.Text("domain", "Who wrote it.", a => a.Domain),
        AgentClaim.Text("operation", "What was done.", a => a.Operation),
        AgentClaim.Any("content", "With what: JSON, or text.", a => Content(a.Content)),
    ];

    private static readonly DetailClaim[] s_details =
    [
        DetailClaim.Text("string", "Text.", d => d.Text).Optional(),
        DetailClaim.Text(
            "unicode_name", "Name of a variable; AAEL for events of the attestation agent.",
            d => d.Agent is null ? d.Variable?.Name : "AAEL").Optional(),
        DetailClaim.Integer("unicode_name_length", "Length of the name, in characters.", d => d.Variable?.Name.Length).Optional(),
        DetailClaim.Base64("variable_data", "Value of a variable.", d => d.Variable?.Data).Optional(),
        DetailClaim.Integer("variable_data_length", "Length of the value, in bytes.", d => d.Variable?.Data.Length).Optional(),
        DetailClaim.Text("variable_name", "GUID of a variable.", d => d.Variable?.Guid).Optional(),
        DetailClaim.List(
            "device_paths", "Where an application was loaded from.", () => ClaimSchema.TextType("A device path."),
            d => d.DevicePaths).Optional(),
        DetailClaim.Object("data", "An event of the attestation agent.", s_agent, d => d.Agent).Optional(),
    ];

    public static IReadOnlyList<Claim<UefiEventClaims>> All { get; } =
    [
        Object("details", "The data, parsed; its members depend on type_name.", s_details, c => c.Details),
        Boolean("digest_matches_event", "The digest is that of the data.", c => c.DigestMatchesEvent),
        List("digests", "What the register was extended with.", "One digest.", s_digest, c => c.Digests),
        Base64("event", "The data.", c => c.Event),
        Integer("index", "The register that was extended.", c => c.Index),
        Text("type_name", "EV_…", c => TcgEventType.Name(c.Type)),
    ];

    /// <summary>The claim <c>uefi_event_logs</c> of a TEE.</summary>
    public static Claim<T> Log<T>(Func<T, IEnumerable<UefiEventClaims>?> events) => Claim<T>.List(
        "uefi_event_logs", "The event log, when one was sent and leads to the registers.",
        "One event. Its data is a fact only if digest_matches_event is true.", All, events).Optional();

    private static JsonNode? Content(string content)
    {
        try
        {
            return JsonNode.Parse(content, documentOptions: s_json);
        }
        catch (JsonException)
        {
            return JsonValue.Create(content);
        }
    }
}
