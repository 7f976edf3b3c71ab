using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Plugins.SecretManagers;

/// <summary>Reads the keys of one table <c>[[plugins]] name = "resource"</c>.</summary>
/// <param name="Fields">All of them.</param>
/// <param name="Environment">Variables of the process.</param>
/// <param name="Clock">The time.</param>
internal sealed record BackendSettings(JsonFields Fields, Func<string, string?> Environment, TimeProvider Clock)
{
    public const string TypeKey = "storage_backend_type";
    public const string PathKey = "path";

    private const int MaxCredential = 16 * 1024;
    private const int MaxAuthorities = 16;

    /// <summary>Refuses keys that neither all back ends nor this one know.</summary>
    public void Only(params ReadOnlySpan<string> keys) =>
        Fields.Only([.. (ReadOnlySpan<string>)["name", TypeKey, PathKey, NameTemplate.Key], .. keys]);

    /// <summary>A variable of the process; null when it is not set, or is empty.</summary>
    public string? Variable(string name) => Environment(name) is { Length: > 0 } value ? value : null;

    public bool Boolean(string name, bool otherwise) => Fields.Find(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Fields.Malformed(name, "must be true or false"),
    };

    /// <summary>Certificates in the PEM files that a key lists.</summary>
    /// <exception cref="MalformedDataException">A file cannot be read, or holds none.</exception>
    public X509Certificate2Collection Authorities(string name)
    {
        var roots = new X509Certificate2Collection();
        if (Fields.Find(name) is null)
            return roots;

        foreach (var item in Fields.Array(name, MaxAuthorities))
        {
            var file = item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Fields.Malformed(name, "must be names of files");
            var before = roots.Count;
            try
            {
                roots.ImportFromPemFile(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                throw Fields.Malformed(name, $"'{file}' cannot be read: {e.Message}");
            }

            if (roots.Count == before)
                throw Fields.Malformed(name, $"'{file}' holds no certificate in PEM");
        }

        return roots;
    }

    /// <summary>What a file holds, without white space around it. It is read each time, since others renew it.</summary>
    /// <exception cref="BackendException">It cannot be read.</exception>
    public static async ValueTask<string> ReadCredentialAsync(string backend, string file, CancellationToken cancel)
    {
        try
        {
            await using var stream = File.OpenRead(file);
            if (stream.Length > MaxCredential)
                throw new BackendException($"{backend}: '{file}' is larger than {MaxCredential} bytes, which no credential is");
            using var reader = new StreamReader(stream);
            return (await reader.ReadToEndAsync(cancel)).Trim() is { Length: > 0 } text
                ? text : throw new BackendException($"{backend}: '{file}' is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackendException($"{backend}: '{file}' cannot be read: {e.Message}", e);
        }
    }
}
