using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Plugins.NebulaCa;

/// <summary>A Nebula authority in <c>WORK_DIR/ca</c>, made when there is none, and the credentials that it signs.</summary>
internal sealed class NebulaAuthority(NebulaCert program, string workDirectory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string DefaultName = "Trustee Nebula CA plugin";

    private string Certificate => Path.Combine(workDirectory, "ca", "ca.crt");

    private string Key => Path.Combine(workDirectory, "ca", "ca.key");

    /// <param name="settings">Table <c>ca_config</c>; null for what the program does by itself.</param>
    /// <param name="cancel">Stops the start.</param>
    /// <exception cref="MalformedDataException">A member is not known, or half of the authority is missing.</exception>
    /// <exception cref="NebulaCertException">It cannot be made.</exception>
    public async ValueTask OpenAsync(JsonFields? settings, CancellationToken cancel)
    {
        var arguments = settings is { } given ? ReadArguments(given) : ["-name", DefaultName];
        Directory.CreateDirectory(Path.Combine(workDirectory, "ca"), OwnerOnly);
        if (File.Exists(Certificate) != File.Exists(Key))
            throw new MalformedDataException("plugins.nebula-ca", "work_dir", 0, $"has only one of {Certificate} and {Key}");
        if (!File.Exists(Key))
            await program.RunAsync(["ca", .. arguments, "-out-crt", Certificate, "-out-key", Key], cancel);
    }

    /// <summary>A new key with its certificate, which the program has checked. The caller zeroes the key.</summary>
    /// <exception cref="NebulaCertException">It cannot be made.</exception>
    public async ValueTask<NebulaCredential> SignAsync(IEnumerable<string> arguments, CancellationToken cancel)
    {
        var folder = Path.Combine(workDirectory, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        Directory.CreateDirectory(folder, OwnerOnly);
        try
        {
            var (certificate, key) = (Path.Combine(folder, "node.crt"), Path.Combine(folder, "node.key"));
            await program.RunAsync(
                ["sign", .. arguments, "-ca-key", Key, "-ca-crt", Certificate, "-out-key", key, "-out-crt", certificate], cancel);
            await program.RunAsync(["verify", "-ca", Certificate, "-crt", certificate], cancel);
            return new NebulaCredential(
                await File.ReadAllBytesAsync(certificate, cancel), await File.ReadAllBytesAsync(key, cancel),
                await File.ReadAllBytesAsync(Certificate, cancel));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<string> ReadArguments(JsonFields settings)
    {
        string[] texts = ["curve", "duration", "groups", "ips", "out_qr", "subnets"];
        string[] numbers = ["argon_iterations", "argon_memory", "argon_parallelism"];
        settings.Only(["name", .. texts, .. numbers]);
        List<string> arguments = ["-name", settings.FindText("name", 255) ?? DefaultName];
        foreach (var member in texts)
        {
            if (settings.FindText(member, 4096) is { } text)
                arguments.AddRange([Flag(member), text]);
        }

        foreach (var member in numbers)
        {
            if (settings.Find(member) is not { } value)
                continue;
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetUInt32(out var number))
                throw settings.Malformed(member, "must be a whole number");
            arguments.AddRange([Flag(member), number.ToString(CultureInfo.InvariantCulture)]);
        }

        return arguments;
    }

    private static string Flag(string member) => "-" + member.Replace('_', '-');
}

/// <summary>Files of a node, as the program writes them.</summary>
internal sealed record NebulaCredential(byte[] Certificate, byte[] Key, byte[] Authority);
