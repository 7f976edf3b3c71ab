using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Attestation.Tokens;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.Cli.Serve;

/// <summary>What a server's attestation tokens say, and with which key they are signed.</summary>
internal sealed class TokenFlags
{
    private const int MaxMinutes = 24 * 60;
    private const int MaxKeyDays = 3650;

    private readonly Option<string> _algorithm = new("--token-alg")
    {
        Description = "Tokens are signed with ES256, ES384 or RS256.",
        DefaultValueFactory = _ => JsonWebKey.Es256,
    };

    private readonly Option<int> _minutes = new("--token-minutes") { Description = "How long a token is good.", DefaultValueFactory = _ => 5 };

    private readonly Option<int> _keyDays = new("--token-key-days")
    {
        Description = "How long a key signs before the next one does.",
        DefaultValueFactory = _ => 90,
    };

    private readonly Option<string> _form = new("--token-form")
    {
        Description = "small leaves event logs and init-data files out.",
        DefaultValueFactory = _ => "verbose",
    };

    private readonly Option<string?> _issuer = new("--token-issuer")
    {
        Description = "iss of tokens; the https address of this server makes OpenID Connect discovery whole.",
    };

    private readonly Option<string?> _audience = new("--token-audience") { Description = "aud of tokens; none without it." };

    private readonly Option<bool> _noKey = new("--token-without-key")
    {
        Description = "Leave the public key out of the header: relying parties find it in /.well-known/jwks.json.",
    };

    private readonly Option<FileInfo?> _key = new("--token-key")
    {
        Description = "PEM file with a private key (P-256, P-384 or RSA) that signs tokens instead of the server's own.",
    };

    private readonly Option<FileInfo?> _certificate = new("--token-cert")
    {
        Description = "PEM file with the certificate of --token-key and its chain, for the header's x5c.",
    };

    private TokenFlags()
    {
        _algorithm.AcceptOnlyFromAmong([.. JwtSigningKey.Algorithms]);
        _form.AcceptOnlyFromAmong("verbose", "small");
    }

    public static TokenFlags AddTo(Command command)
    {
        var flags = new TokenFlags();
        foreach (var option in (Option[])
            [flags._algorithm, flags._minutes, flags._keyDays, flags._form, flags._issuer, flags._audience, flags._noKey, flags._key, flags._certificate])
            command.Options.Add(option);
        return flags;
    }

    public TokenOptions Read(ParseResult line)
    {
        if (line.GetValue(_minutes) is < 1 or > MaxMinutes)
            throw new CommandException($"--token-minutes must be 1 to {MaxMinutes}");
        if (line.GetValue(_keyDays) is < 1 or > MaxKeyDays)
            throw new CommandException($"--token-key-days must be 1 to {MaxKeyDays}");
        if (line.GetValue(_certificate) is not null && line.GetValue(_key) is null)
            throw new CommandException("--token-cert says nothing without --token-key");

        var options = new TokenOptions
        {
            Algorithm = line.GetRequiredValue(_algorithm),
            Life = TimeSpan.FromMinutes(line.GetValue(_minutes)),
            KeyLife = TimeSpan.FromDays(line.GetValue(_keyDays)),
            Verbose = line.GetValue(_form) == "verbose",
            Audience = line.GetValue(_audience),
            EmbedKey = !line.GetValue(_noKey),
            Key = line.GetValue(_key) is { } key ? ReadKey(key.FullName, line.GetValue(_certificate)?.FullName, url: null) : null,
        };
        return line.GetValue(_issuer) is { } issuer ? options with { Issuer = issuer } : options;
    }

    /// <param name="path">PEM file.</param>
    /// <param name="certificates">PEM file, the leaf first; null for none.</param>
    /// <param name="url">Where the certificates can be had; null for none.</param>
    public static GivenTokenKey ReadKey(string path, string? certificates, string? url)
    {
        try
        {
            var key = JwtSigningKey.FromPem(File.ReadAllText(path));

            // Not our own reader of certificates, which takes version 3 only: openssl makes version 1 where no extensions are asked for.
            var chain = new X509Certificate2Collection();
            if (certificates is not null)
                chain.ImportFromPemFile(certificates);
            if (certificates is not null && chain.Count == 0)
                throw new CommandException($"'{certificates}' holds no certificate", "--token-cert names a PEM file");
            if (chain.Count > 0 && !chain[0].PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.SubjectPublicKeyInfo.Span))
                throw new CommandException($"the first certificate in '{certificates}' is not that of '{path}'", "the leaf comes first");

            return new GivenTokenKey(key, [.. chain.Select(certificate => certificate.RawData)], url);
        }
        catch (Exception e) when (e is CryptographicException or MalformedDataException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the key of tokens cannot be read from '{path}': {e.Message}");
        }
    }
}
