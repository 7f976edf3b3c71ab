using System.Security.Cryptography;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Cms;
using Nacre.Formats.Json;
using Nacre.Formats.X509;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>
/// A Sigstore bundle, versions 0.1 to 0.3, as JSON (sigstore/protobuf-specs, sigstore_bundle.proto): a DSSE envelope or a bare signature,
/// with certificate and log entry, so that it can be verified offline. Reading it proves nothing.
/// </summary>
internal static class SigstoreBundle
{
    public const string ArtifactType = "application/vnd.dev.sigstore.bundle.v0.3+json";
    public const int MaxSize = 512 * 1024;
    private const string Structure = "sigstore.bundle";
    private const int MaxPayload = 128 * 1024;
    private const int MaxSignature = 1024;
    private const int MostTimestamps = 8;
    private static readonly string[] s_mediaTypes =
        [ArtifactType, "application/vnd.dev.sigstore.bundle+json;version=0.3", "application/vnd.dev.sigstore.bundle+json;version=0.2", "application/vnd.dev.sigstore.bundle+json;version=0.1"];

    /// <param name="json">The bundle.</param>
    /// <param name="where">The place, for messages.</param>
    /// <param name="artifact">What a bare signature is over; null where only an envelope will do.</param>
    /// <exception cref="MalformedDataException">It is no such bundle.</exception>
    public static ImageSignature Parse(ReadOnlyMemory<byte> json, string where, byte[]? artifact = null)
    {
        using var document = StrictJson.Parse(json, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        if (!s_mediaTypes.Contains(root.Text("mediaType", 128)))
            throw root.Malformed("mediaType", $"is '{root.Text("mediaType", 128)}', not a version of 0.1 to 0.3");

        var material = root.Object("verificationMaterial");
        var certificates = Certificates(material);
        return Content(root, where, artifact) with
        {
            Certificate = certificates.Length > 0 ? certificates[0] : null,
            Chain = [.. certificates.Skip(1)],
            Timestamps = Timestamps(material),
            LogEntry = Single(material, "tlogEntries") is { } entry ? LogEntry.ReadBundle(entry) : null,
        };
    }

    private static ImageSignature Content(JsonFields root, string where, byte[]? artifact)
    {
        if (root.FindObject("dsseEnvelope") is { } envelope)
        {
            var signature = Single(envelope, "signatures") ?? throw envelope.Malformed("signatures", "must be one");
            return new(envelope.Base64("payload", MaxPayload), signature.Base64("sig", MaxSignature), where) { PayloadType = envelope.Text("payloadType", 256) };
        }

        if (artifact is null)
            throw root.Malformed("dsseEnvelope", "is missing");

        // The digest beside a bare signature is a hint, the signature is over the artifact itself; a wrong hint is refused all the same.
        var message = root.Object("messageSignature");
        if (message.FindObject("messageDigest") is { } digest && !digest.Base64("digest", 64).AsSpan().SequenceEqual(SHA256.HashData(artifact)))
            throw message.Malformed("messageDigest", "is not the SHA-256 of what is signed");
        return new(artifact, message.Base64("signature", MaxSignature), where);
    }

    private static Certificate[] Certificates(JsonFields material)
    {
        if (material.FindObject("certificate") is { } one)
            return [Certificate.Parse(one.Base64("rawBytes", Certificate.MaxSize))];
        if (material.FindObject("x509CertificateChain") is not { } chain)
            return [];

        var list = chain.Any("certificates");
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > 8)
            throw chain.Malformed("certificates", "must be a list of 1 to 8");
        Certificate[] certificates =
            [.. list.EnumerateArray().Select(item => Certificate.Parse(new JsonFields($"{Structure}.certificate", item).Base64("rawBytes", Certificate.MaxSize)))];
        return Array.Exists(certificates, certificate => certificate.Issuer.Equals(certificate.Subject))
            ? throw chain.Malformed("certificates", "holds a root, which only the verifier may bring")
            : certificates;
    }

    private static byte[][] Timestamps(JsonFields material)
    {
        if (material.FindObject("timestampVerificationData") is not { } data || data.Find("rfc3161Timestamps") is null)
            return [];
        return [.. data.Array("rfc3161Timestamps", MostTimestamps).Select(
            item => new JsonFields($"{Structure}.timestamp", item).Base64("signedTimestamp", TimestampToken.MaxSize))];
    }

    // Several would mean that one of them decides and the others go unseen.
    private static JsonFields? Single(JsonFields owner, string name)
    {
        if (owner.Find(name) is not { } list)
            return null;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > 1)
            throw owner.Malformed(name, "must be a list of at most one");
        return list.GetArrayLength() == 0 ? null : new JsonFields($"{Structure}.{name}", list[0]);
    }
}
