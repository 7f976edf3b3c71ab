using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Nacre.Attestation.Remote;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Telemetry;
using Nacre.KeyBroker.Tenants;
using Nacre.Storage;

namespace Nacre.KeyBroker.Http;

/// <summary>
/// Between the web server and the route table: path, authorisation, body, cookie, and the translation of every failure into the error body
/// of the protocol.
/// </summary>
public sealed partial class BrokerEndpoints(TenantBrokers brokers, ILogger<BrokerEndpoints> log)
{
    private const string CookiePrefix = KbsProtocol.SessionCookie + "=";
    private const string BearerPrefix = "Bearer ";
    private const int MaxSubject = 256;

    public void Map(IApplicationBuilder app) => app.Run(ServeAsync);

    private async Task ServeAsync(HttpContext context)
    {
        brokers.Server.Metrics.RequestBegun();
        try
        {
            await ReplyAsync(context);
        }
        finally
        {
            brokers.Server.Metrics.RequestEnded();
        }
    }

    private async Task ReplyAsync(HttpContext context)
    {
        KbsReply reply;
        var (clock, metrics) = (brokers.Server.Clock, brokers.Server.Metrics);
        var since = clock.GetTimestamp();
        Route? route = null;
        string? tenant = null;
        var from = context.Request.Headers;
        using var span = BrokerTrace.BeginRequest(from.TraceParent, from.TraceState, clock);
        try
        {
            var (segments, query) = RequestPath.Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            (tenant, segments) = TenantName.Split(segments);

            // Whoever watches the health of the server asks for that alone.
            if (tenant is not null || segments is not [HealthRoutes.Alive or HealthRoutes.Ready])
                brokers.Server.Limit.Require(context.Connection.RemoteIpAddress);
            await using var visit = await brokers.EnterAsync(tenant, context.RequestAborted);
            (route, var values) = visit.Broker.Routes.Find(context.Request.Method, segments);
            reply = await AnswerAsync(context, visit.Broker.Trail, route, values, query, TenantName.PathPrefix(tenant));
        }
        catch (Exception e) when (KbsProblemException.From(e) is { } problem)
        {
            if (problem.InnerException is StoreException)
                LogStore(log, problem.InnerException);
            if (problem.InnerException is AttestationUnavailableException unavailable)
                LogAttestation(log, unavailable.Message, unavailable.InnerException?.Message);
            reply = KbsReply.Of(problem);
        }
        catch (BadHttpRequestException e)
        {
            reply = KbsReply.Of(new KbsProblemException(e.StatusCode, ErrorTypes.SerdeError, "the request is not HTTP that can be read"));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
#pragma warning disable CA1031 // The boundary: whatever went wrong, the peer gets the body of the protocol and nothing of the inside.
        catch (Exception e)
        {
            LogUnexpected(log, e);
            reply = KbsReply.Of(new KbsProblemException(500, ErrorTypes.InternalError, "the server failed; its log says how"));
        }
#pragma warning restore CA1031

        var (method, template) = (route?.Method ?? "other", route?.Template ?? "none");
        metrics.Request(method, template, reply.Status, clock.GetElapsedTime(since));
        metrics.Bodies(template, context.Request.ContentLength ?? 0, reply.Body.Length);
        BrokerTrace.EndRequest(span, method, template, reply.Status);
        await WriteAsync(context, reply, TenantName.PathPrefix(tenant));
    }

    private static ValueTask<KbsReply> AnswerAsync(
        HttpContext context, AuditTrail trail, Route route, IReadOnlyDictionary<string, string> values, string query, string pathPrefix)
    {
        var call = new KbsCall
        {
            Values = values,
            Query = RequestPath.ParseQuery(query),
            SessionCookie = Cookie(context.Request),
            Bearer = Bearer(context.Request),
            Header = name => context.Request.Headers[name] is { Count: > 0 } values ? values.ToString() : null,
            ClientCertificate = context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate,
            Origin = $"{context.Request.Scheme}://{context.Request.Host}{pathPrefix}",
            From = From(context.Connection),
        };
        return trail.ServeAsync(route, call, () => ReadBodyAsync(context), context.RequestAborted);
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength == 0 || !context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody)
            return ReadOnlyMemory<byte>.Empty;

        // Counted here and not by the web server, which would close the connection before its peer could read why.
        if (context.Request.ContentLength > KbsProtocol.MaxMessageBytes)
            throw TooLarge();

        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > KbsProtocol.MaxMessageBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge();
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static KbsProblemException TooLarge() =>
        new(StatusCodes.Status413PayloadTooLarge, ErrorTypes.PayloadTooLarge, $"the body is larger than {KbsProtocol.MaxMessageBytes} bytes");

    /// <summary>The address, and the subject of the certificate that the caller's connection was made with.</summary>
    private static string From(ConnectionInfo connection)
    {
        var address = connection.RemoteIpAddress?.ToString() ?? "";
        if (connection.ClientCertificate is not { } certificate)
            return address;

        var subject = certificate.Subject;
        return $"{address} {(subject.Length <= MaxSubject ? subject : subject[..MaxSubject])}";
    }

    private static string? Bearer(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        return header is [{ } value] && value.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
            ? value[BearerPrefix.Length..].Trim() : null;
    }

    private static string? Cookie(HttpRequest request)
    {
        foreach (var header in request.Headers.Cookie)
        {
            foreach (var range in header.AsSpan().Split(';'))
            {
                var pair = header.AsSpan(range).Trim();
                if (pair.StartsWith(CookiePrefix, StringComparison.Ordinal))
                    return pair[CookiePrefix.Length..].ToString();
            }
        }

        return null;
    }

    private async Task WriteAsync(HttpContext context, KbsReply reply, string pathPrefix)
    {
        if (context.Response.HasStarted)
            return;

        var response = context.Response;
        response.StatusCode = reply.Status;
        response.ContentLength = reply.Body.Length;
        if (reply.ContentType is not null)
            response.ContentType = reply.ContentType;

        // Secrets and tokens must not stay in a proxy.
        response.Headers.CacheControl = "no-store";
        if (reply.Tag is { } tag)
            response.Headers.ETag = tag;

        // Clients go to another server by themselves before this one closes its connections.
        if (brokers.Server.Health.IsDraining)
            response.Headers.Connection = "close";
        if (reply.RetryAfter is { } pause)
            response.Headers.RetryAfter = Math.Ceiling(pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (reply.Cookie is { } cookie)
            response.Headers.SetCookie = CookieHeader(cookie, pathPrefix, context.Request.IsHttps);
        if (reply.Body.Length > 0)
            await response.Body.WriteAsync(reply.Body, context.RequestAborted);
    }

    private static string CookieHeader(SessionCookie cookie, string pathPrefix, bool secure) =>
        $"{CookiePrefix}{cookie.Value}; Expires={cookie.Expires.UtcDateTime.ToString("R", CultureInfo.InvariantCulture)}; "
        + $"Path={pathPrefix}/kbs/v0; HttpOnly; {(secure ? "Secure; " : "")}SameSite=Strict";

    [LoggerMessage(Level = LogLevel.Error, Message = "The store is not available")]
    private static partial void LogStore(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Message}: {Cause}")]
    private static partial void LogAttestation(ILogger log, string message, string? cause);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed in a way that was not foreseen")]
    private static partial void LogUnexpected(ILogger log, Exception e);
}
