using Nacre.Attestation.Tokens;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Metrics;

namespace Nacre.KeyBroker.Audit;

/// <summary>
/// Serves a request and records what came of it: every release before its answer is sent, every change before it is made, every refusal.
/// What cannot be recorded does not happen.
/// </summary>
/// <param name="audit">The record.</param>
/// <param name="tenant">Whose requests these are; null for the server itself.</param>
/// <param name="admin">Knows the administrators.</param>
/// <param name="metrics">Counts.</param>
/// <param name="clock">Of this server.</param>
public sealed class AuditTrail(AuditLog audit, string? tenant, AdminAuthority admin, BrokerMetrics metrics, TimeProvider clock)
{
    /// <param name="route">That matched.</param>
    /// <param name="call">Without its body.</param>
    /// <param name="readBody">Called when the peer may use the route.</param>
    /// <param name="cancel">The peer has gone.</param>
    /// <exception cref="KbsProblemException">The request is not served.</exception>
    /// <exception cref="AuditException">The record cannot be written.</exception>
    public async ValueTask<KbsReply> ServeAsync(
        Route route, KbsCall call, Func<ValueTask<ReadOnlyMemory<byte>>> readBody, CancellationToken cancel)
    {
        var action = ActionOf(route);
        KbsReply reply;
        try
        {
            if (route.Access is not (Access.Public or Access.Guest))
                call = call with { Admin = await admin.RequireAsync(route, call, cancel) };
            call = call with { Body = await readBody() };
            if (action == AuditAction.Change)
                await audit.AppendAsync(Event(route, call, action, AuditOutcome.Begun), cancel);
            reply = await route.Handler(call, cancel);
        }
        catch (Exception e) when (KbsProblemException.From(e) is { } problem)
        {
            // Once begun, a record is made to the end, whether or not the peer still waits.
            throw await RefuseAsync(route, call, action, problem);
        }

        var done = Event(route, call, action, AuditOutcome.Done) with { Status = reply.Status, Reason = reply.Note };
        if (action == AuditAction.Release)
        {
            await audit.AppendAsync(done with { Mac = reply.SecretMac }, cancel);
            metrics.Released();
        }
        else if (action == AuditAction.Change || action == AuditAction.Attestation && reply.Cookie is not null)
            await audit.QueueAsync(done, CancellationToken.None);
        return reply;
    }

    private async ValueTask<KbsProblemException> RefuseAsync(Route route, KbsCall call, AuditAction action, KbsProblemException problem)
    {
        var isRefusal = problem.Status is 401 or 403;
        if (isRefusal)
            metrics.Refused(problem.Type);
        if (!isRefusal && action is AuditAction.Read or AuditAction.Attestation)
            return problem;

        var told = isRefusal && problem.Reference is null ? problem.WithReference(ReferenceId.Create(clock.GetUtcNow())) : problem;
        await audit.AppendAsync(
            Event(route, call, action, isRefusal ? AuditOutcome.Refused : AuditOutcome.Failed) with
            {
                Status = told.Status,
                Reference = told.Reference,
                Reason = told.Message,
            },
            CancellationToken.None);
        return told;
    }

    private AuditEvent Event(Route route, KbsCall call, AuditAction action, AuditOutcome outcome) => new()
    {
        At = clock.GetUtcNow(),
        Action = action,
        Outcome = outcome,
        Tenant = tenant,
        Who = call.Subject.Name,
        From = call.From,
        Route = $"{route.Method} {route.Template}",
        Object = route.ObjectOf(call.Values),
        Mac = outcome == AuditOutcome.Begun && !call.Body.IsEmpty ? audit.Mac(call.Body.Span) : null,
    };

    private static AuditAction ActionOf(Route route) => route.Access switch
    {
        Access.Public => AuditAction.Attestation,
        Access.Guest => AuditAction.Release,
        Access.View or Access.ReadAudit => AuditAction.Read,
        _ => AuditAction.Change,
    };
}
