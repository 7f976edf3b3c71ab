using System.Collections.Frozen;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Evidence;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Attestation.Remote;

/// <summary>
/// Intel Trust Authority over its REST API (trust.md 2.12): takes the evidence of SGX, TDX, Azure's TDX and NVIDIA GPUs, and keeps its
/// policies and reference values itself.
/// </summary>
public sealed class IntelTrustAuthority : IRemoteAttestation
{
    private const int MaxAnswerBytes = 1024 * 1024;
    private const int MaxReason = 2048;
    private const string Structure = "intel-trust-authority";

    private static readonly FrozenSet<string> s_tees = FrozenSet.Create(TeeNames.Tdx, TeeNames.Sgx, TeeNames.AzTdxVtpm, TeeNames.Nvidia);

    private readonly IntelTrustAuthorityOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public IntelTrustAuthority(IntelTrustAuthorityOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public string Address => _options.BaseUrl.ToString().TrimEnd('/');

    public IEnumerable<string> Tees => s_tees;

    public bool TakesEndorsements => false;

    public bool Takes(string tee) => s_tees.Contains(tee);

    /// <summary>As the service checks them (trust.md 1.4); a guest that offers none in particular keeps the default of the protocol.</summary>
    public string? SelectHash(string tee, IReadOnlyList<string>? supported)
    {
        if (supported is null)
            return HashNames.Sha384;

        var wanted = tee switch
        {
            TeeNames.Sgx or TeeNames.AzTdxVtpm => HashNames.Sha256,
            TeeNames.Tdx => HashNames.Sha512,
            _ => null,
        };
        return wanted is not null && supported.Contains(wanted) ? wanted : null;
    }

    public async Task<AttestationOutcome> AttestAsync(AttestationSubmission submission, CancellationToken cancel)
    {
        JsonObject body;
        try
        {
            body = IntelEvidence.Write(submission, _options);
        }
        catch (MalformedDataException e)
        {
            return new NotAttested([], e.Message);
        }

        var isAzure = submission.Evidence[0].Tee == TeeNames.AzTdxVtpm;
        var (status, answer) = await PostAsync($"{Address}/appraisal/v2/attest{(isAzure ? "/azure" : "")}", body, cancel);
        using (answer)
        {
            var fields = new JsonFields(Structure, answer.RootElement);
            return status == HttpStatusCode.OK
                ? await RemoteToken.JudgeAsync(
                    fields.Text("token", JsonWebToken.MaxLength), submission, _options.Trust, _clock.GetUtcNow(), cancel)
                : new NotAttested([], $"Intel Trust Authority refused with status {(int)status}: {Reason(fields)}");
        }
    }

    public Task SetPolicyAsync(PolicyDocument policy, CancellationToken cancel) =>
        throw Unsupported("Set Policy API is unimplemented: Intel Trust Authority keeps its own policies; name them with policy_ids");

    public Task RegisterAsync(string message, CancellationToken cancel) =>
        throw Unsupported("Intel Trust Authority does not support reference value configuration");

    public Task<string?> QueryAsync(string name, CancellationToken cancel) =>
        throw Unsupported("Intel Trust Authority does not support reference value configuration");

    public void Dispose() => _http.Dispose();

    private async Task<(HttpStatusCode Status, JsonDocument Answer)> PostAsync(string url, JsonObject body, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(_options.Timeout);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(JsonText.Utf8(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Add("x-api-key", Encoding.ASCII.GetString(_options.ApiKey.Reveal()));
        request.Headers.TryAddWithoutValidation("User-Agent", "Confidential-containers-trustee kbs/0.1.0");
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);

            // What is the service's fault, or ours, says nothing of the evidence.
            if ((int)response.StatusCode is >= 500 or 401 or 403 or 404 or 429 or < 200 or (>= 300 and < 400))
                throw Unavailable($"it answers with HTTP {(int)response.StatusCode}{Hint(response.StatusCode)}", null);
            return (response.StatusCode, StrictJson.Parse(await ReadAsync(response, deadline.Token), Structure, MaxAnswerBytes));
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw Unavailable("it did not answer in time", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unavailable("it cannot be reached", e);
        }
        catch (MalformedDataException e)
        {
            throw Unavailable("its answer cannot be read", e);
        }
    }

    private async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[MaxAnswerBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        return length <= MaxAnswerBytes ? buffer[..length] : throw Unavailable($"its answer is longer than {MaxAnswerBytes} bytes", null);
    }

    private static string Hint(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => " (is api_key right?)",
        HttpStatusCode.NotFound => " (is base_url right?)",
        _ => "",
    };

    private static string Reason(JsonFields fields)
    {
        var text = fields.Find("error") is { ValueKind: JsonValueKind.String } error ? error.GetString()! : "it gives no reason";
        return text.Length <= MaxReason ? text : text[..MaxReason] + "…";
    }

    private AttestationUnavailableException Unavailable(string reason, Exception? inner) => new(Address, reason, inner);

    private static RemoteRefusalException Unsupported(string what) => new(what) { IsUnsupported = true };
}
