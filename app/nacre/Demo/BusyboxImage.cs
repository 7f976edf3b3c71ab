using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Demo;

/// <summary>
/// A small OCI image, always the same bytes from the same busybox: one layer with Debian's static busybox, one with the application, which
/// also deletes a file of the first layer and has a hard link.
/// </summary>
internal static class BusyboxImage
{
    private const string Busybox = "/bin/busybox";
    public const string Greeting = "The application is running.";

    /// <summary>Writes an OCI layout with this one image under <paramref name="tag"/>.</summary>
    /// <param name="directory">Made when missing.</param>
    /// <param name="tag">The image's name in the layout.</param>
    /// <param name="application">What <c>/app/run.sh</c> does; null: says <see cref="Greeting"/> and shows where it runs.</param>
    /// <exception cref="IOException">busybox-static is missing.</exception>
    public static void Write(string directory, string tag, string? application = null)
    {
        if (!File.Exists(Busybox))
            throw new IOException($"{Busybox} is missing; install it: apt-get install busybox-static");

        var script = application ?? $"echo '{Greeting}'\necho \"user $(id -u), host $(hostname), secret $(cat /app/secret.txt)\"\n";
        Directory.CreateDirectory(Path.Combine(directory, "blobs", "sha256"));
        var layers = new[] { Layer(directory, WriteBase), Layer(directory, tar => WriteApplication(tar, script)) };
        var config = Blob(directory, Config(layers));
        var manifest = Blob(directory, Bytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", config),
            ["layers"] = new JsonArray([.. layers.Select(layer => (JsonNode)Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer.Blob))]),
        }));
        var entry = Descriptor("application/vnd.oci.image.manifest.v1+json", manifest);
        entry["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        File.WriteAllText(Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        File.WriteAllBytes(Path.Combine(directory, "index.json"), Bytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.index.v1+json",
            ["manifests"] = new JsonArray(entry),
        }));
    }

    private static void WriteBase(TarWriter tar)
    {
        foreach (var path in (ReadOnlySpan<string>)["bin", "dev", "etc", "proc", "sys", "tmp", "var"])
            AddDirectory(tar, path);
        AddFile(tar, "bin/busybox", File.ReadAllBytes(Busybox), executable: true);
        foreach (var applet in (ReadOnlySpan<string>)["cat", "hostname", "id", "ls", "sh", "sleep"])
            tar.WriteEntry(At(new PaxTarEntry(TarEntryType.SymbolicLink, $"bin/{applet}") { LinkName = "busybox" }));
        AddFile(tar, "etc/passwd", "root:x:0:0:root:/:/bin/sh\napp:x:1000:1000:app:/app:/bin/sh\n"u8.ToArray());
        AddFile(tar, "etc/group", "root:x:0:\napp:x:1000:\n"u8.ToArray());
        AddFile(tar, "etc/build-notes", "Not meant for the running image.\n"u8.ToArray());
    }

    private static void WriteApplication(TarWriter tar, string script)
    {
        AddDirectory(tar, "app");
        AddFile(tar, "app/run.sh", Encoding.UTF8.GetBytes(script), executable: true);
        AddFile(tar, "app/secret.txt", "only-attested-machines-read-this\n"u8.ToArray());
        tar.WriteEntry(At(new PaxTarEntry(TarEntryType.HardLink, "app/start.sh") { LinkName = "app/run.sh" }));
        AddFile(tar, "etc/.wh.build-notes", []);
    }

    private static (string DiffId, (string Digest, long Size) Blob) Layer(string directory, Action<TarWriter> write)
    {
        using var plain = new MemoryStream();
        using (var tar = new TarWriter(plain, TarEntryFormat.Pax, leaveOpen: true))
            write(tar);

        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(plain.GetBuffer().AsSpan(0, (int)plain.Length));
        return ($"sha256:{Hash(plain.ToArray())}", Blob(directory, compressed.ToArray()));
    }

    private static (string Digest, long Size) Blob(string directory, byte[] content)
    {
        var hex = Hash(content);
        File.WriteAllBytes(Path.Combine(directory, "blobs", "sha256", hex), content);
        return ($"sha256:{hex}", content.Length);
    }

    private static byte[] Config((string DiffId, (string Digest, long Size) Blob)[] layers) => Bytes(new JsonObject
    {
        ["architecture"] = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "amd64" : "arm64",
        ["os"] = "linux",
        ["created"] = "1970-01-01T00:00:00Z",
        ["config"] = new JsonObject
        {
            ["Env"] = new JsonArray("PATH=/bin"),
            ["Entrypoint"] = new JsonArray("/bin/busybox", "sh", "/app/run.sh"),
            ["WorkingDir"] = "/",
        },
        ["rootfs"] = new JsonObject
        {
            ["type"] = "layers",
            ["diff_ids"] = new JsonArray([.. layers.Select(layer => (JsonNode)JsonValue.Create(layer.DiffId))]),
        },
    });

    private static void AddDirectory(TarWriter tar, string path)
    {
        var entry = At(new PaxTarEntry(TarEntryType.Directory, path + "/"));
        entry.Mode = path == "tmp" ? (UnixFileMode)0x3ff : (UnixFileMode)0x1ed;
        tar.WriteEntry(entry);
    }

    private static void AddFile(TarWriter tar, string path, byte[] content, bool executable = false)
    {
        var entry = At(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) });
        entry.Mode = executable ? (UnixFileMode)0x1ed : (UnixFileMode)0x1a4;
        tar.WriteEntry(entry);
    }

    // The writer notes the times of today in extended attributes; a time before it makes the same bytes every day.
    private static PaxTarEntry At(PaxTarEntry entry)
    {
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        return entry;
    }

    private static JsonObject Descriptor(string mediaType, (string Digest, long Size) blob) =>
        new() { ["mediaType"] = mediaType, ["digest"] = blob.Digest, ["size"] = blob.Size };

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
