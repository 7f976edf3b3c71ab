using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Schemas;

/// <summary>What <see cref="Evidence.EventLogs.UefiEventClaims"/> writes.</summary>
internal static class EventLogSchema
{
    public static ClaimSchema Create(string name) => List(name, "The event log, when one was sent and leads to the registers.", ObjectType(
        "One event. Its data is a fact only if digest_matches_event is true.",
        Integer("index", "The register that was extended."),
        Text("type_name", "EV_…"),
        Boolean("digest_matches_event", "The digest is that of the data."),
        List("digests", "What the register was extended with.", ObjectType(
            "One digest.", Text("alg", "The hash."), Hex("digest", "Its value."))),
        Base64("event", "The data."),
        Object(
            "details", "The data, parsed; its members depend on type_name.",
            Text("string", "Text.").Optional(),
            Text("unicode_name", "Name of a variable; AAEL for events of the attestation agent.").Optional(),
            Integer("unicode_name_length", "Length of the name, in characters.").Optional(),
            Base64("variable_data", "Value of a variable.").Optional(),
            Integer("variable_data_length", "Length of the value, in bytes.").Optional(),
            Text("variable_name", "GUID of a variable.").Optional(),
            List("device_paths", "Where an application was loaded from.", TextType("A device path.")).Optional(),
            Object(
                "data", "An event of the attestation agent.",
                Text("domain", "Who wrote it."),
                Text("operation", "What was done."),
                Any("content", "With what: JSON, or text.")).Optional())));
}
