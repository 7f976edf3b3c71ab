using System.Net.Http.Headers;

namespace Nacre.Client;

/// <summary>How a request says who asks: by the cookie of a handshake, or by a token.</summary>
public abstract record KbsCredential
{
    private protected KbsCredential()
    {
    }

    public static KbsCredential Session(string cookie) => new SessionCredential(cookie);

    public static KbsCredential Bearer(string token) => new BearerCredential(token);

    public override string ToString() => "[secret]";

    internal abstract void AddTo(HttpRequestHeaders headers);

    private sealed record SessionCredential(string Cookie) : KbsCredential
    {
        internal override void AddTo(HttpRequestHeaders headers) => headers.Add("Cookie", Cookie);

        public override string ToString() => "[secret]";
    }

    private sealed record BearerCredential(string Token) : KbsCredential
    {
        internal override void AddTo(HttpRequestHeaders headers) => headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);

        public override string ToString() => "[secret]";
    }
}
