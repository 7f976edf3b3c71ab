using Nacre.Formats.Json;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>Who signed a TDX module, and the attributes it may have (evidence.md 4.3).</summary>
public sealed record TdxModule(byte[] MrSigner, byte[] Attributes, byte[] AttributesMask)
{
    internal static TdxModule Read(JsonFields fields) => new(
        IntelJson.Hex(fields, "mrsigner", 48), IntelJson.Hex(fields, "attributes", 8), IntelJson.Hex(fields, "attributesMask", 8));
}

/// <summary>The identity of TDX modules of one major version, with levels of their own.</summary>
public sealed record TdxModuleIdentity(string Id, TdxModule Module, IReadOnlyList<IsvSvnLevel> Levels)
{
    private const int Max = 64;

    internal static Dictionary<string, TdxModuleIdentity> ReadAll(JsonFields body, string structure)
    {
        var identities = new Dictionary<string, TdxModuleIdentity>(StringComparer.OrdinalIgnoreCase);
        if (body.Find("tdxModuleIdentities") is null)
            return identities;

        foreach (var entry in IntelJson.Objects(body, structure, "tdxModuleIdentities", 0, Max))
        {
            var identity = new TdxModuleIdentity(
                entry.Text("id", 16), TdxModule.Read(entry), IntelJson.IsvSvnLevels(entry, structure + ".tdxModuleIdentities"));
            if (identity.Levels.Any(level => level.Verdict.Status is not (TcbStatus.UpToDate or TcbStatus.OutOfDate or TcbStatus.Revoked)))
                throw entry.Malformed("tcbLevels", "has a status that modules cannot have");

            if (!identities.TryAdd(identity.Id, identity))
                throw entry.Malformed("id", "occurs twice");
        }

        return identities;
    }
}
