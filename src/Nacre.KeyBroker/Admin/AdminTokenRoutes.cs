using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Attestation.Tokens;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Admin;

/// <summary>
/// An administrator makes tokens for others: with less than the own power, and never for longer than the own token lives.
/// </summary>
public sealed class AdminTokenRoutes(AdminTokenSigner signer, TimeProvider clock)
{
    public IEnumerable<Route> Create()
    {
        yield return new("POST", "kbs/v0/admin/tokens", Access.Administer, CreateAsync);
    }

    private ValueTask<KbsReply> CreateAsync(KbsCall call, CancellationToken cancel) => ValueTask.FromResult(Make(signer, call, clock));

    /// <summary>The token that the body asks for.</summary>
    internal static KbsReply Make(AdminTokenSigner signer, KbsCall call, TimeProvider clock)
    {
        var request = AdminTokenRequest.Parse(call.Body);
        var now = clock.GetUtcNow();
        var until = now + request.Life;
        if (call.Admin!.Expires is { } own && own < until)
            until = own;

        var id = ReferenceId.Create(now);
        return KbsReply.Of(new JsonObject
        {
            ["token"] = signer.Sign(request, id, now, until),
            ["id"] = id,
            ["expires"] = until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        });
    }
}
