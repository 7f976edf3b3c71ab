using Nacre.Formats.Jose;

namespace Nacre.KeyBroker.Admin;

/// <summary>Knows administrators by the tokens of one issuer.</summary>
public interface IAdminTokenSource
{
    /// <summary>Null and no problem when another signed it; null and a problem when it is this issuer's and not good.</summary>
    ValueTask<(AdminIdentity? Identity, string? Problem)> ReadAsync(JsonWebToken token, DateTimeOffset now, CancellationToken cancel);
}
