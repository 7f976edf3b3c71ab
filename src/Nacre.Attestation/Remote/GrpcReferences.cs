using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text;
using Google.Protobuf;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.Services;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Rpc.Grpc;
using Nacre.Rpc.Messages.Reference;

namespace Nacre.Attestation.Remote;

/// <summary>
/// A Reference Value Provider Service elsewhere (trust.md 3.3, GrpcRemote). Its contract answers one name at a time, so the names that
/// policies asked for are remembered and asked for together the next time; values never are: each appraisal sees those of now.
/// </summary>
public sealed class GrpcReferences : IReferenceSource, IRemoteReferences, IDisposable
{
    private const int MaxNames = 1024;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly string _address;
    private readonly GrpcClient _client;

    // Asked for before there is a policy (EnrolledKeys).
    private readonly ConcurrentDictionary<string, bool> _names = new([new("trusted_aks", true)]);

    /// <param name="address"><c>HOST:PORT</c> or <c>http://HOST:PORT</c>.</param>
    /// <exception cref="FormatException">The address is none.</exception>
    public GrpcReferences(string address) => (_address, _client) = (address, GrpcClients.Create(address, tls: null));

    public ValueTask<ReferenceValueSnapshot> SnapshotAsync(CancellationToken cancel) => FetchAsync(_names.Keys, [], cancel);

    public ValueTask<ReferenceValueSnapshot> ExtendAsync(ReferenceValueSnapshot snapshot, CancellationToken cancel)
    {
        foreach (var name in snapshot.Unknown)
        {
            if (_names.Count >= MaxNames)
                throw new AttestationUnavailableException(_address, $"policies ask for more than {MaxNames} reference values");
            _names[name] = true;
        }

        return FetchAsync(snapshot.Unknown, snapshot.All, cancel);
    }

    public Task RegisterAsync(string message, CancellationToken cancel) => CallAsync(
        "RegisterReferenceValue", new ReferenceValueRegisterRequest { Message = message }, ReferenceValueRegisterResponse.Parser, cancel);

    public async Task<string?> QueryAsync(string name, CancellationToken cancel)
    {
        var response = await CallAsync(
            "QueryReferenceValue", new ReferenceValueQueryRequest { ReferenceValueId = name }, ReferenceValueQueryResponse.Parser, cancel);
        return response.HasReferenceValueResults ? response.ReferenceValueResults : null;
    }

    public void Dispose() => _client.Dispose();

    // The service says nothing of when a value ends; one that has ended it is to leave out.
    private async ValueTask<ReferenceValueSnapshot> FetchAsync(
        IEnumerable<string> names, IEnumerable<ReferenceValue> known, CancellationToken cancel)
    {
        try
        {
            var asked = names.ToList();
            var found = await Task.WhenAll(asked.Select(name => QueryAsync(name, cancel)));
            var values = known.ToDictionary(value => value.Name);
            foreach (var (name, text) in asked.Zip(found))
                values[name] = text is null ? ReferenceValue.Absent(name) : Parse(name, text);
            return ReferenceValueSnapshot.Partial(values.ToFrozenDictionary());
        }
        catch (Exception e) when (e is RemoteRefusalException or MalformedDataException)
        {
            throw new AttestationUnavailableException(_address, "the reference values cannot be read", e);
        }
    }

    private static ReferenceValue Parse(string name, string text)
    {
        using var document = StrictJson.Parse(Encoding.UTF8.GetBytes(text), "reference-value", ReferenceValueMessage.MaxBytes);
        return new ReferenceValue(name, ReferenceValue.ToNode(document.RootElement), DateTimeOffset.MaxValue);
    }

    private Task<TResponse> CallAsync<TResponse>(string method, IMessage request, MessageParser<TResponse> parser, CancellationToken cancel)
        where TResponse : IMessage<TResponse> =>
        _client.CallRemoteAsync(_address, ServiceRpc.ReferenceName, method, request, parser, s_timeout, cancel);
}
