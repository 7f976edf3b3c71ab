namespace Nacre.Formats.OpenPgp;

/// <summary>Public keys that signatures are checked with, as <c>gpg --export</c> writes them, armored or not.</summary>
public sealed class OpenPgpKeyring
{
    private const string Structure = "openpgp.keyring";
    private const int MaxSize = 1 << 20;
    private readonly IReadOnlyList<OpenPgpCertificate> _certificates;

    private OpenPgpKeyring(IReadOnlyList<OpenPgpCertificate> certificates) => _certificates = certificates;

    /// <summary>Fingerprints of the primary keys.</summary>
    public IReadOnlyList<string> Fingerprints => [.. _certificates.Select(certificate => certificate.Primary.Fingerprint)];

    /// <exception cref="MalformedDataException">It is no ring of public keys.</exception>
    public static OpenPgpKeyring Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxSize)
            throw new MalformedDataException(Structure, "(ring)", 0, $"is {bytes.Length} bytes long, at most {MaxSize} are allowed");

        var binary = OpenPgpArmor.IsArmored(bytes.Span) ? OpenPgpArmor.Decode(bytes.Span, "PUBLIC KEY BLOCK") : bytes;
        return new(OpenPgpCertificate.ParseAll(binary));
    }

    /// <summary>
    /// Whether a key of this ring signed the message, and may: bound, not revoked, not expired, neither the key nor the signature, at
    /// <paramref name="at"/>.
    /// </summary>
    public OpenPgpVerdict Verify(OpenPgpMessage message, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(message);
        OpenPgpVerdict? refused = null;
        foreach (var certificate in _certificates)
        {
            foreach (var key in certificate.Subkeys.Select(subkey => subkey.Key).Prepend(certificate.Primary))
            {
                if (!message.Signature.NamesIssuer(key))
                    continue;

                var problem = message.FindProblem(key) ?? FindTimeProblem(message, key, at) ?? new KeyValidity(certificate, at).FindProblem(key);
                var verdict = new OpenPgpVerdict(certificate.Primary.Fingerprint, key.Fingerprint, certificate.Names.Find(name => name.Name is not null).Name, problem);
                if (problem is null)
                    return verdict;
                refused ??= verdict;
            }
        }

        return refused ?? new(null, message.Issuer, null, $"the key {message.Issuer} is not in the ring");
    }

    private static string? FindTimeProblem(OpenPgpMessage message, OpenPgpKey key, DateTimeOffset at)
    {
        if (message.Created is not { } created || created > at)
            return $"it was made in the future, {message.Created:u}";
        if (created < key.Created)
            return $"it is older than its key, {created:u}";
        return message.Signature.HasExpired(at) ? "it has expired" : null;
    }
}

/// <summary>What a ring says of a message.</summary>
/// <param name="Certificate">The primary key's fingerprint; null when no key of the ring is named.</param>
/// <param name="Key">Fingerprint, or key id, of the key that signed.</param>
/// <param name="UserId">The first name of the certificate, for people: nothing is decided by it.</param>
/// <param name="Problem">Null when the signature is good; else why not.</param>
public sealed record OpenPgpVerdict(string? Certificate, string Key, string? UserId, string? Problem);
