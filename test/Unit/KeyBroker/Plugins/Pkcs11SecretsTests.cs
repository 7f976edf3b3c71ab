using System.Text;
using Nacre.KeyBroker.Plugins.Pkcs11;
using Nacre.Linux.Pkcs11;
using Nacre.Peers;

namespace Nacre.UnitTests.KeyBroker.Plugins;

[Trait("Group", "TrustPkcs11")]
public sealed class Pkcs11SecretsTests : IDisposable
{
    private readonly string _label = $"default/key/{Guid.NewGuid():N}";
    private readonly Pkcs11Token _token;
    private readonly Pkcs11Secrets _secrets;

    public Pkcs11SecretsTests()
    {
        Assert.NotEmpty(SoftHsm.Shared.ConfigurationFile);
        var module = Pkcs11Module.Load(SoftHsm.Library);
        _token = Pkcs11Token.Open(module, module.SlotOf(SoftHsm.TokenLabel), Encoding.UTF8.GetBytes(SoftHsm.Pin));
        _secrets = new Pkcs11Secrets(_token, TimeProvider.System);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_several_objects_with_a_label_the_newest_counts_and_the_next_write_leaves_one()
    {
        // As two replicas or a crash leave them; upstream's have no id.
        await CreateAsync("upstream"u8.ToArray(), []);
        await CreateAsync("newest"u8.ToArray(), [2, 0]);
        await CreateAsync("older"u8.ToArray(), [1, 9]);
        Assert.Equal("newest"u8.ToArray(), await _secrets.FindAsync(_label, Cancel));

        await _secrets.SetAsync(_label, "replaced"u8.ToArray(), Cancel);
        Assert.Equal("replaced"u8.ToArray(), await _secrets.FindAsync(_label, Cancel));
        Assert.Single(await _token.UseAsync(session => session.Find(new Pkcs11Template().Label(_label)), Cancel));
        Assert.True(await _secrets.DeleteAsync(_label, Cancel));
        Assert.False(await _secrets.DeleteAsync(_label, Cancel));
        Assert.Null(await _secrets.FindAsync(_label, Cancel));
    }

    [Fact]
    public async Task Writers_at_once_leave_one_whole_value()
    {
        var values = Enumerable.Range(0, 12).Select(i => Encoding.UTF8.GetBytes(new string((char)('a' + i), 40))).ToList();
        await Task.WhenAll(values.Select(value => _secrets.SetAsync(_label, value, Cancel).AsTask()));

        Assert.Contains(await _secrets.FindAsync(_label, Cancel), values);
        Assert.Single(await _token.UseAsync(session => session.Find(new Pkcs11Template().Label(_label)), Cancel));
    }

    public void Dispose()
    {
        _secrets.Dispose();
        _token.Dispose();
    }

    private async Task CreateAsync(byte[] value, byte[] id) => await _token.UseAsync(
        session => session.Create(Pkcs11Template.GenericSecret(_label, value).Bytes(Pkcs11AttributeType.Id, id)), Cancel);
}
