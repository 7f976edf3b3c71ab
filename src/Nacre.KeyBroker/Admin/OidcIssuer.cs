using System.Text.Json;
using Microsoft.Extensions.Logging;
using Nacre.Attestation.Remote;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Tls;

namespace Nacre.KeyBroker.Admin;

/// <summary>Takes tokens of an identity provider under the keys that it publishes.</summary>
public sealed class OidcIssuer : IAdminTokenSource, IDisposable
{
    private readonly PublishedKeys _keys;
    private readonly AdminIssuer _issuer;

    /// <exception cref="FormatException">The provider has no https address.</exception>
    public OidcIssuer(OidcIssuerOptions options, ILogger log)
    {
        var policy = AuthorityPolicy.For(options.Authorities);
        _keys = new PublishedKeys(
            options.KeySet is { } address ? KeySetSource.At(address, policy)
                : KeySetSource.OfIssuer(options.Issuer ?? throw new FormatException("an identity provider needs an address"), policy),
            log);
        _issuer = new AdminIssuer([])
        {
            Issuer = options.Issuer,
            Audience = options.Audience,
            RoleClaim = options.RoleClaim,
            Acls = options.Acls,
        };
    }

    public async ValueTask<(AdminIdentity? Identity, string? Problem)> ReadAsync(
        JsonWebToken token, DateTimeOffset now, CancellationToken cancel)
    {
        // Not believed yet: it only says whether it is worth asking.
        if (!IsOfIssuer(token))
            return (null, null);
        if (await _keys.FindAsync(token.ReadKeyId(), now, cancel) is not { } keys)
            return (null, $"the keys of {_keys.Address} cannot be had now; the server's log says why");

        var (identity, problem) = (_issuer with { Keys = keys }).Read(token, now);
        return (identity, identity is null ? problem ?? $"it is not signed by a key of {_keys.Address}" : null);
    }

    public void Dispose() => _keys.Dispose();

    private bool IsOfIssuer(JsonWebToken token)
    {
        if (_issuer.Issuer is not { } issuer)
            return true;

        using var document = StrictJson.Parse(token.Payload, "admin token", JsonWebToken.MaxLength);
        return document.RootElement.ValueKind == JsonValueKind.Object
            && new JsonFields("admin token", document.RootElement).FindText("iss", 2048) == issuer;
    }
}
