using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>
/// A folder as in-toto's own verifier takes it, as one document to register: its layouts and links by path, and nothing else in it.
/// </summary>
public static class InTotoFolder
{
    private static readonly EnumerationOptions s_all = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = InTotoSupplyChain.MaxDepth + 1,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = false,
    };

    /// <exception cref="MalformedDataException">It holds no metadata, or too much.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static byte[] Pack(string folder)
    {
        var (files, size) = (new JsonObject(), 0L);
        var found = new DirectoryInfo(folder).EnumerateFiles("*", s_all).Where(file => file.Extension is ".layout" or ".link");
        foreach (var file in found.OrderBy(file => file.FullName, StringComparer.Ordinal))
        {
            if (files.Count == InTotoFiles.MaxFiles || (size += file.Length) > ReferenceValueMessage.MaxBytes)
            {
                throw Malformed($"are more than {InTotoFiles.MaxFiles}, or than {ReferenceValueMessage.MaxBytes} bytes");
            }

            files[Path.GetRelativePath(folder, file.FullName)] = Convert.ToBase64String(File.ReadAllBytes(file.FullName));
        }

        return files.Count > 0
            ? JsonText.Utf8(new JsonObject { ["version"] = "0.9", ["files"] = files })
            : throw Malformed("are none that end in .layout or .link");
    }

    private static MalformedDataException Malformed(string rule) => new("in-toto.folder", "(files)", 0, rule);
}
