using System.CommandLine;
using System.Text;
using Microsoft.Extensions.Logging;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Admin;

namespace Nacre.Cli.Serve;

/// <summary>Whose tokens a server takes from administrators, besides its own.</summary>
internal sealed class AdminFlags
{
    private const int MaxApprovals = 8;

    private readonly Option<FileInfo[]> _keys = new("--admin-key")
    {
        Description = "PEM file with the public key (Ed25519, EC or RSA) of who signs admin tokens, as upstream's public_key_uri; "
            + "may be repeated.",
    };

    private readonly Option<FileInfo[]> _sets = new("--admin-jwks")
    {
        Description = "File with the JWK set of an identity provider; may be repeated.",
    };

    private readonly Option<string?> _issuer = new("--admin-issuer") { Description = "What iss of such tokens must be." };
    private readonly Option<string?> _audience = new("--admin-audience") { Description = "What aud of such tokens must have." };

    private readonly Option<string?> _oidc = new("--admin-oidc")
    {
        Description = "Identity provider whose tokens are taken, such as https://login.example/realm; with --admin-audience.",
    };

    private readonly Option<FileInfo?> _oidcAuthority = new("--admin-oidc-ca")
    {
        Description = "PEM file of the authority of its certificate.",
    };

    private readonly Option<int> _approvals = new("--require-approvals")
    {
        Description = "How many others must approve a change of a policy before it takes effect (0).",
    };

    private readonly AdminRoleFlags _roles;

    private AdminFlags(Command command) => _roles = AdminRoleFlags.AddTo(command);

    public static AdminFlags AddTo(Command command)
    {
        var flags = new AdminFlags(command);
        foreach (var option in (Option[])
            [
                flags._keys, flags._sets, flags._issuer, flags._audience, flags._oidc, flags._oidcAuthority, flags._approvals,
            ])
            command.Options.Add(option);
        return flags;
    }

    public int ReadApprovals(ParseResult line) => line.GetValue(_approvals) is >= 0 and <= MaxApprovals and var count
        ? count : throw new CommandException($"--require-approvals must be 0 to {MaxApprovals}");

    /// <param name="line">As given.</param>
    /// <param name="logs">Of the server.</param>
    public IReadOnlyList<IAdminTokenSource> Read(ParseResult line, ILoggerFactory logs)
    {
        var claim = _roles.Read(line);
        var sources = new List<IAdminTokenSource>();
        List<JwtVerificationKey> keys =
        [
            .. (line.GetValue(_keys) ?? []).Select(file => Read(file, bytes => JwtVerificationKey.FromPem(Encoding.UTF8.GetString(bytes)))),
            .. (line.GetValue(_sets) ?? []).SelectMany(file => Read(file, bytes => JwtVerificationKey.ParseSet(bytes))),
        ];
        if (keys.Count > 0)
        {
            sources.Add(new AdminIssuer(keys)
            {
                Issuer = line.GetValue(_issuer),
                Audience = line.GetValue(_audience),
                RoleClaim = claim,
            });
        }
        else if (line.GetValue(_issuer) is not null)
        {
            throw new CommandException("--admin-issuer says nothing without --admin-key or --admin-jwks");
        }

        if (line.GetValue(_oidc) is { } oidc)
            sources.Add(new OidcIssuer(ReadOidc(line, oidc, claim), logs.CreateLogger<OidcIssuer>()));
        else if (line.GetValue(_oidcAuthority) is not null)
            throw new CommandException("--admin-oidc-ca says nothing without --admin-oidc");

        return sources.Count > 0 || line.GetValue(_audience) is null && !_roles.IsGiven(line) ? sources : throw new CommandException(
            "--admin-audience, --admin-role-claim and --admin-role-map say nothing without --admin-key, --admin-jwks or --admin-oidc");
    }

    private OidcIssuerOptions ReadOidc(ParseResult line, string issuer, AdminRoleClaim claim)
    {
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps
            || uri.Query.Length + uri.Fragment.Length > 0)
        {
            throw new CommandException(
                $"'{issuer}' is no identity provider", "it looks like https://login.example/realm, as iss in its tokens has it");
        }

        return new OidcIssuerOptions
        {
            Issuer = issuer,
            Audience = line.GetValue(_audience) ?? throw new CommandException(
                "--admin-oidc needs --admin-audience", "a token that the provider made for another service is not for this one"),
            RoleClaim = claim,
            Authorities = line.GetValue(_oidcAuthority) is { } file ? AuthorityFile.Read(file) : null,
        };
    }

    private static T Read<T>(FileInfo file, Func<byte[], T> parse)
    {
        try
        {
            return parse(File.ReadAllBytes(file.FullName));
        }
        catch (Exception e) when (e is MalformedDataException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"'{file}' cannot be read: {e.Message}", "it must be a public key in PEM, or a JWK set");
        }
    }
}
