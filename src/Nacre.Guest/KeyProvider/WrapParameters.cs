using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images.Encryption;

namespace Nacre.Guest.KeyProvider;

/// <summary>
/// <c>keyid=…::keypath=…::algorithm=…</c> as it stands after <c>provider:attestation-agent:</c> (guest.md 5.6). Without <c>keyid</c> a fresh
/// name below <c>default/image-kek</c>; without <c>keypath</c> a random key.
/// </summary>
public sealed record WrapParameters(ResourceUri KeyId, string? KeyPath, string WrapType)
{
    /// <exception cref="FormatException">The message says which part is wrong.</exception>
    public static WrapParameters Parse(string text)
    {
        var values = new Dictionary<string, string>();
        foreach (var pair in text.Split("::", StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            if (name == "sample")
                throw new FormatException("the parameter 'sample' asks for a key that everybody knows; leave it out");
            if (equals < 0 || name is not ("keyid" or "keypath" or "algorithm"))
                throw new FormatException($"the parameter '{name}' is not known; there are keyid=, keypath= and algorithm=");
            if (!values.TryAdd(name, pair[(equals + 1)..]))
                throw new FormatException($"the parameter '{name}' is given twice");
        }

        var algorithm = values.GetValueOrDefault("algorithm", AnnotationPacket.Gcm);
        if (algorithm is not (AnnotationPacket.Gcm or AnnotationPacket.Ctr))
            throw new FormatException($"algorithm={algorithm} is not known; there are {AnnotationPacket.Gcm} and {AnnotationPacket.Ctr}");

        return new(KeyIdOf(values.GetValueOrDefault("keyid")), values.GetValueOrDefault("keypath"), algorithm);
    }

    /// <summary>The key to wrap with; the caller disposes it.</summary>
    public SecretBytes ReadKey()
    {
        if (KeyPath is null)
            return SecretBytes.Random(AnnotationPacket.KeySize);
        if (new FileInfo(KeyPath) is { Exists: true } file && file.Length != AnnotationPacket.KeySize)
            throw new FormatException($"the key file {KeyPath} has {file.Length} bytes, must have {AnnotationPacket.KeySize}");
        return SecretBytes.Own(File.ReadAllBytes(KeyPath));
    }

    // kbs://[host]/r/t/t, host/r/t/t and /r/t/t are all in use; the host is the key broker's own affair.
    private static ResourceUri KeyIdOf(string? text)
    {
        if (text is null)
            return ResourceUri.Parse($"kbs:///default/image-kek/{Guid.NewGuid()}");
        if (text.Contains("://", StringComparison.Ordinal))
            return ResourceUri.Parse(text);

        return text.Contains('/') ? ResourceUri.Parse($"kbs://{text}") : throw new FormatException($"keyid={text} must be kbs:///repository/type/tag");
    }
}
