using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Storage.Upstream;

/// <summary>
/// Upstream's LocalJson: one file a namespace, with or without <c>.json</c>, that is an object of URL-safe base64 with padding, by key.
/// </summary>
internal static class LocalJsonDirectory
{
    private const int MaxBytes = 64 * 1024 * 1024;

    public static IEnumerable<UpstreamValue> Read(string directory)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(directory).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (name[0] == '.')
                continue;
            if (Directory.Exists(path))
                throw new StoreException($"'{path}' is a directory where files of namespaces are; is it --from local-fs?");

            foreach (var value in ReadFile(path, name.EndsWith(".json", StringComparison.Ordinal) ? name[..^5] : name))
                yield return value;
        }
    }

    private static List<UpstreamValue> ReadFile(string path, string space)
    {
        if (new FileInfo(path).Length > MaxBytes)
            throw new StoreException($"'{path}' is larger than {MaxBytes} bytes");

        try
        {
            using var document = StrictJson.Parse(File.ReadAllBytes(path), space, MaxBytes);
            return [.. new JsonFields(space, document.RootElement).Element.EnumerateObject()
                .Select(member => new UpstreamValue(space, member.Name, Decode(member), path))];
        }
        catch (MalformedDataException e)
        {
            throw new StoreException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    private static byte[] Decode(JsonProperty member)
    {
        var text = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : "!";
        var bare = text.TrimEnd('=');
        return (text.Length == bare.Length || text.Length % 4 == 0 && text.Length - bare.Length <= 2)
            && Base64UrlText.TryDecode(bare, out var bytes) && bytes.Length <= StoreWrite.MaxValueBytes
            ? bytes : throw new MalformedDataException("local-json", member.Name, 0, "must be URL-safe base64");
    }
}
