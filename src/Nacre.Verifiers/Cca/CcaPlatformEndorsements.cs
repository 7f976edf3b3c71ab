using Nacre.Formats.Cbor;
using Nacre.Formats.Corim;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Cca;

/// <summary>Collects what CoMIDs say of platforms.</summary>
internal sealed class CcaPlatformEndorsements
{
    private const string Component = "cca.software-component";
    private const string Configuration = "cca.platform-config";
    private const int ImplementationIdSize = 32;
    private const int InstanceIdSize = 33;
    private const int MaxText = 1024;
    private const int MaxConfiguration = 4096;

    // Tags of the legacy profile: the component with its version and signer, and the label of the configuration.
    private const ulong LegacyComponentTag = 601;
    private const ulong LegacyConfigurationTag = 602;

    public Dictionary<string, VerificationKey> Keys { get; } = [];

    public List<CcaSoftwareReference> Software { get; } = [];

    public List<CcaConfigurationReference> Configurations { get; } = [];

    public void Add(Comid comid)
    {
        foreach (var triple in comid.References)
            AddReferences(triple);
        foreach (var triple in comid.AttestKeys)
            AddKey(triple);
    }

    private void AddReferences(CorimReferenceTriple triple)
    {
        if (triple.Environment.Instance is not null)
            throw CcaEndorsements.Malformed("reference.instance", "must not be there: reference values are for all of an implementation");

        var implementation = CcaEndorsements.ClassId(triple.Environment, ImplementationIdSize);
        foreach (var measurement in triple.Measurements)
        {
            switch (measurement.Key)
            {
                case { Tag: null, Text: Component }:
                    var signer = SignerId(measurement.CryptoKeys);
                    Software.Add(new(implementation, measurement.Name, measurement.Version, Digests(measurement), signer));
                    break;
                case { Tag: LegacyComponentTag, Type: CborType.Map } key:
                    Software.Add(ReadLegacy(implementation, key, Digests(measurement)));
                    break;
                case { Tag: null, Text: Configuration } or { Tag: LegacyConfigurationTag, Text: not null }:
                    Configurations.Add(new(implementation, RawValue(measurement), measurement.RawValueMask));
                    break;
                case null:
                    throw CcaEndorsements.Malformed("measurement.key", $"is missing, must be {Component} or {Configuration}");
                default:
                    throw CcaEndorsements.Malformed(
                        "measurement.key", $"is '{measurement.Key.Text}' with {CcaEndorsements.Tag(measurement.Key)}, must be {Component} or {Configuration}");
            }
        }
    }

    private void AddKey(CorimAttestKeyTriple triple)
    {
        var implementation = CcaEndorsements.ClassId(triple.Environment, ImplementationIdSize);
        var instance = triple.Environment.Instance?.BytesOf(CorimValue.UeidTag)
            ?? throw CcaEndorsements.Malformed("attest-key.instance", $"must be a UEID (tag {CorimValue.UeidTag})");
        if (instance.Length != InstanceIdSize || instance.Span[0] != 1)
            throw CcaEndorsements.Malformed("attest-key.instance", $"must be {InstanceIdSize} bytes, the first of them 1");
        if (triple.Keys is not [var key])
            throw CcaEndorsements.Malformed("attest-key.key", $"are {triple.Keys.Count}, a platform has one");

        var pem = key.TextOf(CorimValue.PemKeyTag)
            ?? throw CcaEndorsements.Malformed("attest-key.key", $"must be a public key in PEM (tag {CorimValue.PemKeyTag}), has {CcaEndorsements.Tag(key)}");
        if (!Keys.TryAdd(CcaTrustAnchors.Name(implementation, instance.ToArray()), PemPublicKey.Parse(pem)))
            throw CcaEndorsements.Malformed("attest-key.instance", "has a key already");
    }

    private static IReadOnlyList<CorimDigest> Digests(CorimMeasurement measurement) =>
        measurement.Digests ?? throw CcaEndorsements.Malformed("component.digests", "are missing");

    private static byte[] RawValue(CorimMeasurement measurement) =>
        measurement.RawValue?.BytesOf(CorimValue.BytesTag) is { Length: > 0 and <= MaxConfiguration } value
            ? value.ToArray()
            : throw CcaEndorsements.Malformed("config.raw-value", $"must be 1 to {MaxConfiguration} bytes (tag {CorimValue.BytesTag})");

    private static byte[]? SignerId(IReadOnlyList<CorimValue> keys) => keys switch
    {
        [] => null,
        [var key] when key.BytesOf(CorimValue.BytesTag) is { Length: 32 or 48 or 64 } id => id.ToArray(),
        _ => throw CcaEndorsements.Malformed("component.signer-id", $"must be one of 32, 48 or 64 bytes (tag {CorimValue.BytesTag})"),
    };

    private static CcaSoftwareReference ReadLegacy(byte[] implementation, CorimValue key, IReadOnlyList<CorimDigest> digests)
    {
        var map = CborMap.Parse("cca.corim.component", key.Bytes, maxEntries: 8);
        var signer = map.Bytes("5", 64);
        return signer.Length is 32 or 48 or 64
            ? new(implementation, map.FindText("1", MaxText), map.FindText("4", MaxText), digests, signer)
            : throw map.Malformed("5", $"is {signer.Length} bytes long, must be 32, 48 or 64");
    }
}
