using Nacre.Images.Layout;
using Nacre.Images.References;
using Nacre.Images.Registry;

namespace Nacre.Images.Transports;

/// <summary>
/// Where an image is, in the notation of containers-transports(5): <c>docker://NAME</c>, <c>oci:DIR[:TAG]</c>, <c>dir:DIR</c>,
/// <c>docker-archive:FILE[:NAME]</c>. A bare name means docker.
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

    public sealed record DockerArchive(string File, string? Name) : ImageLocation
    {
        public override string ToString() => Name is null ? $"docker-archive:{File}" : $"docker-archive:{File}:{Name}";
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
            var (directory, tag) = Split(text[4..]);
            return directory.Length > 0 && tag != "" ? new Oci(directory, tag) : throw new FormatException($"'{text}' must be oci:DIR or oci:DIR:TAG");
        }

        const string archive = "docker-archive:";
        if (text.StartsWith(archive, StringComparison.Ordinal))
        {
            var (file, name) = Split(text[archive.Length..]);
            return file.Length > 0 && name != "" ? new DockerArchive(file, name) : throw new FormatException($"'{text}' must be {archive}FILE or {archive}FILE:NAME");
        }

        if (text.StartsWith("dir:", StringComparison.Ordinal))
            return text.Length > 4 ? new Plain(text[4..]) : throw new FormatException($"'{text}' must be dir:DIR");

        // "name:tag" is docker's; "other:something" with a transport's look is a mistake better told than guessed.
        if (text.Contains("://", StringComparison.Ordinal) || text.StartsWith("docker-", StringComparison.Ordinal) || text.StartsWith("containers-", StringComparison.Ordinal))
            throw new FormatException($"'{text}' has a transport that is not known here; there are docker://, oci:, dir: and docker-archive:");
        return new Docker(ImageReference.Parse(text));
    }

    public IImageSource OpenSource(RegistryOptions options) => this switch
    {
        Docker docker => new RegistryImage(docker.Image, options),
        Oci oci => new OciLayout(oci.Directory, oci.Tag),
        Plain plain => new PlainDirectory(plain.Directory),
        DockerArchive archive => new DockerArchiveSource(archive.File, archive.Name),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public IImageTarget OpenTarget(RegistryOptions options) =>
        this is DockerArchive archive ? new DockerArchiveTarget(archive.File, archive.Name) : (IImageTarget)OpenSource(options);

    private static (string Path, string? Name) Split(string text)
    {
        var colon = text.IndexOf(':');
        return colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }
}
