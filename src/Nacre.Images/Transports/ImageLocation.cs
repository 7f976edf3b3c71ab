using Nacre.Images.Layout;
using Nacre.Images.References;
using Nacre.Images.Registry;

namespace Nacre.Images.Transports;

/// <summary>
/// Where an image is, in the notation of containers-transports(5): <c>docker://NAME</c>, <c>oci:DIR[:TAG]</c>, <c>dir:DIR</c>. A bare
/// name means docker.
/// </summary>
public abstract record ImageLocation
{
    public sealed record Docker(ImageReference Image) : ImageLocation
    {
        public override string ToString() => $"docker://{Image}";
    }

    public sealed record Oci(string Directory, string? Tag) : ImageLocation
    {
        public override string ToString() => Tag is null ? $"oci:{Directory}" : $"oci:{Directory}:{Tag}";
    }

    public sealed record Plain(string Directory) : ImageLocation
    {
        public override string ToString() => $"dir:{Directory}";
    }

    private ImageLocation()
    {
    }

    /// <exception cref="FormatException">The message says what is expected.</exception>
    public static ImageLocation Parse(string text)
    {
        const string docker = "docker://";
        if (text.StartsWith(docker, StringComparison.Ordinal))
            return new Docker(ImageReference.Parse(text[docker.Length..]));
        if (text.StartsWith("oci:", StringComparison.Ordinal))
        {
            var rest = text[4..];
            var colon = rest.IndexOf(':');
            var (directory, tag) = colon < 0 ? (rest, null) : (rest[..colon], rest[(colon + 1)..]);
            return directory.Length > 0 && tag != "" ? new Oci(directory, tag) : throw new FormatException($"'{text}' must be oci:DIR or oci:DIR:TAG");
        }

        if (text.StartsWith("dir:", StringComparison.Ordinal))
            return text.Length > 4 ? new Plain(text[4..]) : throw new FormatException($"'{text}' must be dir:DIR");

        // "name:tag" is docker's; "other:something" with a transport's look is a mistake better told than guessed.
        if (text.Contains("://", StringComparison.Ordinal) || text.StartsWith("docker-", StringComparison.Ordinal) || text.StartsWith("containers-", StringComparison.Ordinal))
            throw new FormatException($"'{text}' has a transport that is not known here; there are docker://, oci: and dir:");
        return new Docker(ImageReference.Parse(text));
    }

    public IImageSource OpenSource(RegistryOptions options) => this switch
    {
        Docker docker => new RegistryImage(docker.Image, options),
        Oci oci => new OciLayout(oci.Directory, oci.Tag),
        Plain plain => new PlainDirectory(plain.Directory),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public IImageTarget OpenTarget(RegistryOptions options) => (IImageTarget)OpenSource(options);
}
