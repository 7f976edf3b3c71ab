using System.Security.Cryptography;
using Nacre.Evidence.Se;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Se;

/// <summary>
/// Makes the challenges that guests of IBM Secure Execution need before they can attest (evidence.md 12.4). Only a machine that owns one
/// of the host keys can answer, and only for the image with this header.
/// </summary>
public sealed class SeChallengeIssuer(SeOptions options, SeImageTags image)
{
    /// <summary>What every request asks for.</summary>
    internal const SeRequestItems Items =
        SeRequestItems.Nonce | SeRequestItems.ImageHostKeyHash | SeRequestItems.AttestationHostKeyHash;

    /// <summary>
    /// A challenge for the machines of <paramref name="documents"/>, each of which must be IBM's by <paramref name="trust"/>; without one
    /// no challenge. The checks say why.
    /// </summary>
    public (SeChallenge? Challenge, IReadOnlyList<Check> Checks) Create(
        SeTrust trust, IReadOnlyList<Certificate> documents, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(trust);
        ArgumentNullException.ThrowIfNull(documents);
        var checks = new CheckList();
        checks.Require(
            documents.Count is > 0 and <= SeAttestationRequest.MaxKeyslots, "se.host_key.present", "host key documents",
            $"1 to {SeAttestationRequest.MaxKeyslots}", $"{documents.Count}", "give the documents of the machines that may run the guest");
        foreach (var document in documents)
            trust.Require(checks, document, at);

        return (checks.Failed ? null : Create(documents, at, checks), checks.Checks);
    }

    private SeChallenge? Create(IReadOnlyList<Certificate> documents, DateTimeOffset at, CheckList checks)
    {
        if (options.SealKey is not { } sealKey)
        {
            checks.Require(false, "se.challenge.seal", "seal key", "one", "none is configured", "configure a key of 32 random bytes");
            return null;
        }

        var hosts = new List<SeHostKey>();
        try
        {
            foreach (var document in documents)
                hosts.Add(SeHostKey.Read(document));
            return Create(hosts, sealKey, at);
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "se.host_key.key", "key of the document", "one on P-521", error.Rule, "give the documents as IBM issues them");
            return null;
        }
        finally
        {
            hosts.ForEach(host => host.Dispose());
        }
    }

    private SeChallenge Create(List<SeHostKey> hosts, SecretBytes sealKey, DateTimeOffset at)
    {
        using var customer = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP521);
        using var requestKey = SecretBytes.Random(32);
        using var state = new SeSealedState(
            at + options.ChallengeLifetime, image, [.. hosts.Select(host => host.Hash)],
            new(SecretBytes.Random(SeAttestationRequest.MeasurementKeySize), SecretBytes.Random(SeAttestationRequest.NonceSize)));
        var (key, nonce) = state.Seal(sealKey);
        return new()
        {
            Request = SeRequestCipher.Encrypt(
                customer, hosts, Items, RandomNumberGenerator.GetBytes(SeAttestationRequest.IvSize), requestKey, state.Secrets),
            AdditionalSize = SeAdditionalData.SizeOf(Items),
            SealedMeasurementKey = key,
            SealedNonce = nonce,
            ImageTags = image,
        };
    }
}
