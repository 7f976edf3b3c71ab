using Nacre.Formats;
using Nacre.Formats.OpenPgp;
using Nacre.Images.Signatures;

namespace Nacre.Images.Policy;

/// <summary><c>signedBy</c>: simple signing with OpenPGP keys, signatures from lookaside stores (containers-policy.json(5), containers-signature(5)).</summary>
internal sealed class SignedByCheck(PolicyFiles files, SignatureOptions options)
{
    public async Task<RequirementResult> CheckAsync(PolicyRequirement.SignedBy requirement, ImageInQuestion image, CancellationToken cancel)
    {
        var rings = new List<OpenPgpKeyring>();
        foreach (var (content, where) in await files.ReadAsync(requirement.Keys, cancel))
            rings.Add(ReadRing(content, where));
        var expected = $"a signature of {image.Digests[0]} by {string.Join(" or ", rings.SelectMany(ring => ring.Fingerprints))}";
        if (options.Lookaside.Find(image.Name) is not { } place)
        {
            return new(requirement.Type, ImageFault.SignatureMissing, expected,
                $"no lookaside store for {image.Name} in registries.d, so there is no place for such signatures");
        }

        var attempts = new List<SignatureAttempt>();
        using var store = new LookasideStore(place, options.Http);
        foreach (var digest in image.Digests)
        {
            await foreach (var (signature, where) in store.ReadAsync(image.Name, digest, cancel))
            {
                attempts.Add(Try(signature, where, rings, image, requirement.Identity));
                if (attempts[^1].Problem is null)
                    return PolicyEvaluator.Conclude(requirement.Type, expected, attempts);
            }
        }

        return PolicyEvaluator.Conclude(requirement.Type, expected, attempts);
    }

    private SignatureAttempt Try(byte[] signature, string where, List<OpenPgpKeyring> rings, ImageInQuestion image, SignedIdentity identity)
    {
        try
        {
            var message = OpenPgpMessage.Parse(signature);
            var verdicts = rings.ConvertAll(ring => ring.Verify(message, options.Clock.GetUtcNow()));
            var verdict = verdicts.Find(one => one.Problem is null) ?? verdicts.Find(one => one.Certificate is not null) ?? verdicts[0];
            var signer = verdict.UserId is null ? verdict.Key : $"{verdict.Key} ({verdict.UserId})";
            if (verdict.Problem is not null)
                return new(where, signer, null, verdict.Problem);

            var payload = SimpleSigningPayload.Parse(message.Payload.Span, SimpleSigningPayload.AtomicType, where);
            return new(where, signer, payload.DockerReference, image.FindProblem(payload.ManifestDigest, payload.DockerReference, identity));
        }
        catch (MalformedDataException e)
        {
            return new(where, "unknown", null, e.Message);
        }
        catch (ImageException e) when (e.Fault == ImageFault.Malformed)
        {
            return new(where, "unknown", null, e.What);
        }
    }

    private static OpenPgpKeyring ReadRing(byte[] content, string where)
    {
        try
        {
            return OpenPgpKeyring.Parse(content);
        }
        catch (MalformedDataException e)
        {
            throw new ImageException(ImageFault.PolicyInvalid, $"the keys cannot be read: {e.Message}", where, "give what 'gpg --export' writes", e);
        }
    }
}
