using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Guest.KeyProvider;
using Nacre.Images;
using Nacre.Images.Encryption;
using Nacre.Rpc;
using Nacre.Rpc.Messages.KeyProvider;

namespace Nacre.UnitTests.Images;

[Trait("Group", "Images")]
public sealed class KeyProviderServiceTests
{
    private static readonly byte[] s_secret = "the private options"u8.ToArray();

    [Fact]
    public async Task Registers_the_key_before_it_answers_and_opens_what_it_wrapped()
    {
        var keys = new MemoryKeys();
        var answer = await CallAsync(keys, "WrapKey", KeyProviderProtocol.WriteWrapRequest("attestation-agent", "keyid=kbs:///default/key/1", s_secret));
        var packet = KeyProviderProtocol.ReadWrapResult(answer);

        Assert.Equal(["kbs:///default/key/1"], keys.Stored.Keys.Select(uri => uri.ToString()));
        var opened = await CallAsync(keys, "UnWrapKey", KeyProviderProtocol.WriteUnwrapRequest("attestation-agent", packet));
        Assert.Equal(s_secret, KeyProviderProtocol.ReadUnwrapResult(opened));
    }

    // skopeo asks once for each layer, with the same words.
    [Fact]
    public async Task All_layers_under_one_name_have_one_key()
    {
        var keys = new MemoryKeys();
        using var service = new KeyProviderService(keys, keys);
        var request = KeyProviderProtocol.WriteWrapRequest("attestation-agent", "keyid=kbs:///default/key/1", s_secret);
        var first = KeyProviderProtocol.ReadWrapResult(await CallAsync(service, "WrapKey", request));
        await CallAsync(service, "WrapKey", request);

        var opened = await CallAsync(service, "UnWrapKey", KeyProviderProtocol.WriteUnwrapRequest("attestation-agent", first));
        Assert.Equal(s_secret, KeyProviderProtocol.ReadUnwrapResult(opened));
    }

    // Readers in Rust take nothing but arrays of numbers (guest.md 9.0).
    [Fact]
    public async Task Answers_with_an_array_of_numbers()
    {
        var answer = await CallAsync(new MemoryKeys(), "WrapKey", KeyProviderProtocol.WriteWrapRequest("attestation-agent", "", s_secret));
        Assert.IsType<JsonArray>(JsonNode.Parse(answer)!["keywrapresults"]!["annotation"]);
    }

    [Fact]
    public async Task Invents_a_name_that_guests_can_read()
    {
        var keys = new MemoryKeys();
        await CallAsync(keys, "WrapKey", KeyProviderProtocol.WriteWrapRequest("attestation-agent", "", s_secret));
        Assert.StartsWith("kbs:///default/image-kek/", keys.Stored.Keys.Single().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fails_the_wrap_when_the_key_cannot_be_kept()
    {
        var keys = new MemoryKeys { Refuses = true };
        var error = await Assert.ThrowsAsync<RpcException>(
            () => CallAsync(keys, "WrapKey", KeyProviderProtocol.WriteWrapRequest("attestation-agent", "", s_secret)));
        Assert.Equal(RpcCode.Unavailable, error.Code);
        Assert.Contains("the store is full", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sample=true")]
    [InlineData("keyid=nonsense")]
    [InlineData("keyid=kbs:///a/b")]
    [InlineData("keyid=kbs:///a/b/c::keyid=kbs:///a/b/d")]
    [InlineData("algorithm=A128GCM")]
    [InlineData("colour=blue")]
    public async Task Refuses_parameters_that_it_does_not_know(string parameters)
    {
        var keys = new MemoryKeys();
        var error = await Assert.ThrowsAsync<RpcException>(
            () => CallAsync(keys, "WrapKey", KeyProviderProtocol.WriteWrapRequest("attestation-agent", parameters, s_secret)));
        Assert.Equal(RpcCode.InvalidArgument, error.Code);
        Assert.Empty(keys.Stored);
    }

    [Theory]
    [InlineData("keyid=kbs:///a/b/c")]
    [InlineData("keyid=kbs://host:8080/a/b/c")]
    [InlineData("keyid=host:8080/a/b/c")]
    [InlineData("keyid=/a/b/c")]
    [InlineData("keyid=/a/b/c::algorithm=A256CTR")]
    public async Task Takes_every_form_of_a_key_id(string parameters)
    {
        var keys = new MemoryKeys();
        await CallAsync(keys, "WrapKey", KeyProviderProtocol.WriteWrapRequest("attestation-agent", parameters, s_secret));
        Assert.Equal("kbs:///a/b/c", keys.Stored.Keys.Single().ToString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"op":"keyunwrap"}""")]
    [InlineData("""{"op":"keywrap","keywrapparams":{"optsdata":[1,2,300]}}""")]
    [InlineData("""{"op":"keywrap","keywrapparams":{"optsdata":"???"}}""")]
    [InlineData("nothing")]
    public async Task Refuses_messages_that_break_the_protocol(string json) => Assert.Equal(
        RpcCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => CallAsync(new MemoryKeys(), "WrapKey", Encoding.UTF8.GetBytes(json)))).Code);

    private static async Task<byte[]> CallAsync(MemoryKeys keys, string method, byte[] json)
    {
        using var service = new KeyProviderService(keys, keys);
        return await CallAsync(service, method, json);
    }

    private static async Task<byte[]> CallAsync(KeyProviderService service, string method, byte[] json)
    {
        var table = service.AddTo(new RpcTable());
        var input = new KeyProviderKeyWrapProtocolInput { KeyProviderKeyWrapProtocolInput_ = ByteString.CopyFrom(json) };
        var answer = await table.Find(KeyProviderService.Name, method)!(input.ToByteArray(), CancellationToken.None);
        return KeyProviderKeyWrapProtocolOutput.Parser.ParseFrom(answer).KeyProviderKeyWrapProtocolOutput_.ToByteArray();
    }

    private sealed class MemoryKeys : IKeyRegistry, IResourceSource
    {
        public Dictionary<ResourceUri, byte[]> Stored { get; } = [];

        public bool Refuses { get; init; }

        public ValueTask RegisterAsync(ResourceUri uri, SecretBytes key, bool isNew, CancellationToken cancel)
        {
            Assert.False(isNew && Stored.ContainsKey(uri));
            if (Refuses)
                throw new IOException("the store is full");
            Stored[uri] = key.Reveal().ToArray();
            return ValueTask.CompletedTask;
        }

        public ValueTask<SecretBytes> GetAsync(ResourceUri uri, CancellationToken cancel) => new(SecretBytes.Copy(Stored[uri]));
    }
}
