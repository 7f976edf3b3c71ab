using System.Globalization;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>A step of a layout: who may do it, how many must, and what it may take and make.</summary>
internal sealed record InTotoStep(
    string Name, IReadOnlyList<string> KeyIds, int Threshold, IReadOnlyList<InTotoRule> MaterialRules, IReadOnlyList<InTotoRule> ProductRules);

/// <summary>How a product is made (in-toto specification 0.9, section 4.3).</summary>
internal sealed record InTotoLayout(
    DateTimeOffset Expires, IReadOnlyDictionary<string, SupplyChainKey> Keys, IReadOnlyList<InTotoStep> Steps, int Inspections)
{
    public static InTotoLayout Parse(JsonFields signed)
    {
        signed.Only("_type", "steps", "inspect", "keys", "expires", "readme", "rootcas", "intermediatecas");
        var expires = signed.Text("expires", 32);
        if (!DateTimeOffset.TryParseExact(
            expires, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            throw signed.Malformed("expires", "must be a time such as 2030-11-18T16:06:36Z");

        var keys = signed.Object("keys");
        var steps = signed.Objects("steps", "in-toto.step").Select(ReadStep).ToList();
        if (steps.Count == 0 || steps.DistinctBy(step => step.Name).Count() != steps.Count)
            throw signed.Malformed("steps", "must be at least one, and each of its own name");

        return new(
            time, keys.Element.EnumerateObject().ToDictionary(member => member.Name, member => ReadKey(member.Name, keys.Object(member.Name))), steps,
            signed.Objects("inspect", "in-toto.inspection").Count());
    }

    private static InTotoStep ReadStep(JsonFields step)
    {
        var threshold = step.Any("threshold");
        if (threshold.ValueKind != System.Text.Json.JsonValueKind.Number || !threshold.TryGetInt32(out var count) || count < 1)
            throw step.Malformed("threshold", "must be an integer from 1 on");

        return new(
            step.Text("name", 256), step.Texts("pubkeys", SupplyChainDocument.MaxItems), count, InTotoRule.ReadAll(step, "expected_materials"),
            InTotoRule.ReadAll(step, "expected_products"));
    }

    private static SupplyChainKey ReadKey(string id, JsonFields key)
    {
        if (key.Text("keyid", 128) != id)
            throw key.Malformed("keyid", "is another than the one it stands under");

        var value = key.Object("keyval");
        return (key.Text("keytype", 32), key.Text("scheme", 64)) switch
        {
            ("rsa", "rsassa-pss-sha256") or ("ecdsa" or "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => SupplyChainKey.FromPem(value.Text("public")),
            ("ed25519", "ed25519") => SupplyChainKey.FromEd25519(value.Hex("public", 32)),
            var (type, scheme) => throw key.Malformed("scheme", $"'{scheme}' of '{type}' is not one of rsassa-pss-sha256, ecdsa-sha2-nistp256, ed25519"),
        };
    }
}
