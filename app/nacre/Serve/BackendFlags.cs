using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Nacre.Attestation.Remote;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.Cli.Serve;

/// <summary>Whether evidence is verified elsewhere, and whose attestation tokens a key broker believes.</summary>
internal sealed class BackendFlags
{
    private readonly Option<string?> _address = new("--as-addr")
    {
        Description = "Attestation Service elsewhere that verifies evidence, as upstream's as_addr: http://HOST:PORT, https://HOST:PORT or "
            + "unix:///PATH; needs --trusted-cert or --trusted-jwks.",
    };

    private readonly Option<FileInfo?> _authority = new("--as-ca")
    {
        Description = "PEM file with authorities of an https --as-addr (those of the system).",
    };

    private readonly Option<FileInfo?> _certificate = new("--as-cert") { Description = "PEM file with the certificate to show there." };
    private readonly Option<FileInfo?> _key = new("--as-key") { Description = "PEM file with its private key." };

    private readonly Option<string?> _intel = new("--ita-url")
    {
        Description = "Intel Trust Authority that verifies evidence, such as https://api.trustauthority.intel.com; needs --trusted-jwks.",
    };

    private readonly Option<FileInfo?> _intelKey = new("--ita-key-file") { Description = "File with the API key for it." };
    private readonly Option<string[]> _intelPolicies = new("--ita-policy")
    {
        Description = "Policy that Intel Trust Authority applies; may be repeated.",
    };


    private readonly Option<bool> _intelUnmatched = new("--ita-allow-unmatched")
    {
        Description = "Take its token although a policy does not match; release policies must look at it then.",
    };

    private readonly Option<FileInfo[]> _authorities = new("--trusted-cert")
    {
        Description = "PEM file with authorities of attestation tokens of others, as upstream's trusted_certs_paths; may be repeated.",
    };

    private readonly Option<string[]> _sets = new("--trusted-jwks")
    {
        Description = "JWK set whose keys sign attestation tokens, as upstream's trusted_jwk_sets: a file, or the https address of a set "
            + "or of a provider that names one; may be repeated.",
    };

    private readonly Option<bool> _headerKey = new("--insecure-header-jwk")
    {
        Description = "Believe attestation tokens by the key in their own header, which anyone can make; with --development only.",
    };

    private readonly Option<string[]> _paths = new("--tee-key-path")
    {
        Description = "JSON pointer to the guest's public key in attestation tokens of others; may be repeated.",
    };

    private BackendFlags()
    {
    }

    public static BackendFlags AddTo(Command command)
    {
        var flags = new BackendFlags();
        foreach (var option in (Option[])
            [
                flags._address, flags._authority, flags._certificate, flags._key, flags._intel, flags._intelKey, flags._intelPolicies,
                flags._intelUnmatched, flags._authorities, flags._sets, flags._headerKey, flags._paths,
            ])
            command.Options.Add(option);
        return flags;
    }

    /// <summary>Where else evidence is verified, and whose tokens are believed; both null when everything is done here.</summary>
    /// <param name="line">As given.</param>
    /// <param name="development">Whether what proves nothing may be believed.</param>
    /// <param name="logs">Told when published keys cannot be had.</param>
    /// <param name="apiKey">Of Intel Trust Authority, when no file holds it.</param>
    public (RemoteOptions? Backend, TokenTrust? Trust) Read(
        ParseResult line, bool development, ILoggerFactory logs, SecretBytes? apiKey = null)
    {
        var trust = ReadTrust(line, development, logs);
        var (address, intel) = (line.GetValue(_address), line.GetValue(_intel));
        if (address is not null && intel is not null)
            throw new CommandException("--as-addr and --ita-url name two services", "leave one of them away");
        if ((address ?? intel) is not null && !trust.BelievesAny)
        {
            throw new CommandException(
                "no token of the service elsewhere would be believed", "say whose: --trusted-cert CA.pem or --trusted-jwks KEYS.json");
        }

        RemoteOptions? backend = address is not null ? ReadGrpc(line, address, trust, development)
            : intel is not null ? ReadIntel(line, intel, trust, apiKey) : null;
        return (backend, trust.BelievesAny ? trust : null);
    }

    /// <summary>The authorities in PEM files.</summary>
    public static X509Certificate2Collection ReadAuthorities(IEnumerable<FileInfo> files)
    {
        var authorities = new X509Certificate2Collection();
        foreach (var file in files)
        {
            var before = authorities.Count;
            Read(file, path => authorities.ImportFromPemFile(path), "it must hold certificates in PEM");
            if (authorities.Count == before)
                throw new CommandException($"'{file}' holds no certificate", "it must hold certificates in PEM");
        }

        return authorities;
    }

    private TokenTrust ReadTrust(ParseResult line, bool development, ILoggerFactory logs)
    {
        var keys = new List<JwtVerificationKey>();
        var (published, files) = Split(line.GetValue(_sets) ?? []);
        foreach (var file in files)
            Read(new FileInfo(file), path => keys.AddRange(JwtVerificationKey.ParseSet(File.ReadAllBytes(path))), "it must hold a JWK set");
        if (keys.FirstOrDefault(key => key.KeyId is null) is not null)
            throw new CommandException("a key in --trusted-jwks has no kid", "attestation tokens name their key by it");
        if (line.GetValue(_headerKey) && !development)
        {
            throw new CommandException(
                "--insecure-header-jwk believes tokens that anyone can make", "name who signs them with --trusted-cert, or add --development");
        }

        var paths = line.GetValue(_paths) ?? [];
        if (Array.Find(paths, path => !TeeKeyPaths.IsPath(path)) is { } wrong)
            throw new CommandException($"'{wrong}' is no JSON pointer for --tee-key-path", "it looks like /submods/cpu0/tee-pubkey");

        return new TokenTrust
        {
            Authorities = ReadAuthorities(line.GetValue(_authorities) ?? []),
            Keys = keys,
            Published = [.. published.Select(address => new PublishedKeys(KeySetSource.At(address), logs.CreateLogger<PublishedKeys>()))],
            AcceptHeaderKey = line.GetValue(_headerKey),
            ExtraKeyPaths = paths,
        };
    }

    private static (List<string> Published, List<string> Files) Split(IReadOnlyList<string> sets)
    {
        if (sets.FirstOrDefault(set => set.Contains("://", StringComparison.Ordinal) && !KeySetSource.IsAddress(set)) is { } wrong)
        {
            throw new CommandException(
                $"'{wrong}' is no place for --trusted-jwks", "it is a file, or an address such as https://portal.trustauthority.intel.com");
        }

        return ([.. sets.Where(KeySetSource.IsAddress).Distinct()], [.. sets.Where(set => !KeySetSource.IsAddress(set))]);
    }

    private GrpcAttestationOptions ReadGrpc(ParseResult line, string address, TokenTrust trust, bool development)
    {
        var hasTls = address.StartsWith("https://", StringComparison.Ordinal);
        if (!hasTls && (line.GetValue(_authority) ?? line.GetValue(_certificate) ?? line.GetValue(_key)) is not null)
            throw new CommandException("--as-ca, --as-cert and --as-key say nothing without TLS", "give --as-addr as https://HOST:PORT");

        return new GrpcAttestationOptions(address)
        {
            Trust = trust,
            AllowSampleEvidence = development,
            Tls = hasTls ? ReadTls(line) : null,
        };
    }

    private SslClientAuthenticationOptions ReadTls(ParseResult line)
    {
        var tls = new SslClientAuthenticationOptions();
        if (line.GetValue(_authority) is { } authority)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(ReadAuthorities([authority]));
        }

        var (certificate, key) = (line.GetValue(_certificate), line.GetValue(_key));
        if ((certificate is null) != (key is null))
            throw new CommandException("--as-cert and --as-key belong together");
        if (certificate is not null)
        {
            Read(certificate, path => tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(path, key!.FullName)],
                "it must hold a certificate in PEM, and --as-key its private key");
        }

        return tls;
    }

    private IntelTrustAuthorityOptions ReadIntel(ParseResult line, string text, TokenTrust trust, SecretBytes? apiKey)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || !(url.Scheme == "https" || url.Scheme == "http" && url.IsLoopback))
            throw new CommandException($"'{text}' is no address for --ita-url", "it looks like https://api.trustauthority.intel.com");

        return new IntelTrustAuthorityOptions(url, ReadApiKey(line.GetValue(_intelKey), apiKey))
        {
            Trust = trust,
            PolicyIds = line.GetValue(_intelPolicies) ?? [],
            AllowUnmatchedPolicy = line.GetValue(_intelUnmatched),
        };
    }

    private static SecretBytes ReadApiKey(FileInfo? file, SecretBytes? given)
    {
        byte[] key = given is null ? [] : [.. given.Reveal()];
        if (file is not null)
            Read(file, path => key = [.. File.ReadAllBytes(path).AsSpan().Trim(" \t\r\n"u8)], "it must hold the API key and nothing else");
        else if (given is null)
            throw new CommandException("--ita-url needs an API key", "--ita-key-file names a file that holds it");

        return key.Length is > 0 and <= 4096 && !key.AsSpan().ContainsAnyExceptInRange((byte)'!', (byte)'~')
            ? SecretBytes.Own(key) : throw new CommandException("the API key must be 1 to 4096 printable characters without blanks");
    }

    private static void Read(FileInfo file, Action<string> read, string remedy)
    {
        try
        {
            read(file.FullName);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or MalformedDataException or IOException
            or UnauthorizedAccessException)
        {
            throw new CommandException($"'{file}' cannot be read: {e.Message}", remedy);
        }
    }
}
