using System.Text;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.Remote;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.Attestation.Services;

/// <summary>What other programs may ask of the reference values (trust.md 4.1). Failures are <see cref="ServiceCallException"/>.</summary>
/// <param name="references">Keeps them.</param>
/// <param name="trust">Whose signatures are believed on documents.</param>
/// <param name="allowsChanges">Whether callers are known to be the operator's own.</param>
/// <param name="state">Has the audit record.</param>
/// <param name="clock">Says what has expired.</param>
/// <param name="remote">Keeps them instead, elsewhere; null when nobody does.</param>
internal sealed class ReferenceCalls(
    ReferenceValueStore references, ReferenceValueTrust trust, bool allowsChanges, IServiceState state, TimeProvider clock,
    IRemoteReferences? remote = null)
{
    private const string Registration = "Register reference value";

    /// <summary>JSON text; null for a name that is not known or has expired.</summary>
    public async ValueTask<string?> QueryAsync(string name, CancellationToken cancel) =>
        remote is not null ? await remote.QueryAsync(name, cancel)
            : (await references.SnapshotAsync(cancel)).Find(name, clock.GetUtcNow()) is not { } found ? null
                : found.Value is null ? "null" : Encoding.UTF8.GetString(JsonText.Utf8(found.Value));

    /// <param name="message">JSON text (trust.md 4.2).</param>
    /// <param name="cancel">Stops it.</param>
    public ValueTask RegisterAsync(string message, CancellationToken cancel) =>
        new ServiceChange("RegisterReferenceValue", null, message).RunAsync(
            state, allowsChanges ? null : Forbidden(), () => ChangeAsync(message, cancel), cancel);

    private async ValueTask ChangeAsync(string message, CancellationToken cancel)
    {
        try
        {
            if (remote is not null)
            {
                await remote.RegisterAsync(message, cancel);
                return;
            }

            await references.RegisterAsync(
                ReferenceValueMessage.Parse(Encoding.UTF8.GetBytes(message), trust, clock.GetUtcNow()), "gRPC", cancel);
        }
        catch (Exception e) when (e is MalformedDataException or ReferenceValueException or RemoteRefusalException)
        {
            throw new ServiceCallException(Registration, e.Message, e);
        }
    }

    private static ServiceCallException Forbidden() => new(
        Registration, "reference values are set here only by callers with a client certificate, or on this machine")
    {
        IsForbidden = true,
    };
}
