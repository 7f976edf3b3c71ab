using System.CommandLine;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Admin;

namespace Nacre.Cli.Serve;

/// <summary>Whose tokens a server takes from administrators, besides its own.</summary>
internal sealed class AdminFlags
{
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

    private AdminFlags()
    {
    }

    public static AdminFlags AddTo(Command command)
    {
        var flags = new AdminFlags();
        foreach (var option in (Option[])[flags._keys, flags._sets, flags._issuer, flags._audience])
            command.Options.Add(option);
        return flags;
    }

    public IReadOnlyList<AdminIssuer> Read(ParseResult line)
    {
        List<JwtVerificationKey> keys =
        [
            .. (line.GetValue(_keys) ?? []).Select(file => Read(file, bytes => JwtVerificationKey.FromPem(Encoding.UTF8.GetString(bytes)))),
            .. (line.GetValue(_sets) ?? []).SelectMany(file => Read(file, bytes => JwtVerificationKey.ParseSet(bytes))),
        ];
        if (keys.Count > 0)
            return [new AdminIssuer(keys) { Issuer = line.GetValue(_issuer), Audience = line.GetValue(_audience) }];

        return line.GetValue(_issuer) is null && line.GetValue(_audience) is null
            ? [] : throw new CommandException("--admin-issuer and --admin-audience say nothing without --admin-key or --admin-jwks");
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
