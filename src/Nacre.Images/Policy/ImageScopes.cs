using Nacre.Images.References;

namespace Nacre.Images.Policy;

/// <summary>The names under which rules for an image can stand, narrowest first, by whole components (containers-policy.json(5), containers-registries.d(5)).</summary>
internal static class ImageScopes
{
    public static IEnumerable<string> Docker(ImageReference image)
    {
        yield return image.ToString();
        var path = image.Name;
        yield return path;
        while (path.LastIndexOf('/') is var slash and > 0)
        {
            path = path[..slash];
            yield return path;
        }

        var host = image.Registry.Contains(':') ? image.Registry[..image.Registry.LastIndexOf(':')] : image.Registry;
        while (host.IndexOf('.') is var dot and >= 0)
        {
            host = host[(dot + 1)..];
            yield return "*." + host;
        }

        yield return "";
    }

    public static IEnumerable<string> Directory(string directory, string? tag)
    {
        var path = Path.GetFullPath(directory);
        if (tag is not null)
            yield return $"{path}:{tag}";
        for (; !string.IsNullOrEmpty(path) && path != "/"; path = Path.GetDirectoryName(path))
            yield return path;
        yield return "";
    }
}
