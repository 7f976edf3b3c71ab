using Nacre.Formats.Cbor;

namespace Nacre.Evidence.Cca;

/// <summary>One firmware component that the platform measured (claim 2399).</summary>
public sealed record CcaSoftwareComponent(string? Type, byte[] Measurement, byte[] SignerId, string? Version, string? HashAlgorithm)
{
    private const int MaxComponents = 64;
    private const int MaxText = 256;

    internal static IReadOnlyList<CcaSoftwareComponent> ReadAll(CborMap claims, string label)
    {
        if (!claims.TryRead(label, out var reader))
            throw claims.Malformed(label, "is missing");

        var (raw, offset) = claims.Raw(label);
        var components = new CcaSoftwareComponent[reader.Array(label, MaxComponents)];
        if (components.Length == 0)
            throw claims.Malformed(label, "is empty: a platform runs some firmware");

        for (var i = 0; i < components.Length; i++)
        {
            var start = reader.Offset;
            reader.Item(label);
            components[i] = Read(CborMap.Parse("cca.platform.sw_component", raw[start..reader.Offset], 16, offset + start));
        }

        return components;
    }

    private static CcaSoftwareComponent Read(CborMap fields) => new(
        fields.FindText("1", MaxText), CcaPlatformClaims.Hash(fields, "2"), CcaPlatformClaims.Hash(fields, "5"), fields.FindText("4", MaxText),
        fields.FindText("6", MaxText));
}
