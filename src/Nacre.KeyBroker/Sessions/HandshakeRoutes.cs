using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Sessions;

public static class HandshakeRoutes
{
    public static IEnumerable<Route> Create(HandshakeService handshake)
    {
        yield return new("POST", "kbs/v0/auth", Access.Public, handshake.AuthAsync);
        yield return new("POST", "kbs/v0/attest", Access.Public, handshake.AttestAsync);
    }
}
