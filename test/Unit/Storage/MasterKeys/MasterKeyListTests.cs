using Nacre.Formats;
using Nacre.Storage;
using Nacre.Storage.Encryption;
using Nacre.Storage.MasterKeys;

namespace Nacre.UnitTests.Storage.MasterKeys;

[Trait("Group", "TrustKeys")]
public sealed class MasterKeyListTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("plain", "is no master key; use file:PATH")]
    [InlineData("azure:key", "is no master key")]
    [InlineData("file:", "names no file")]
    [InlineData("env:ABSENT", "'ABSENT' of the master key is not set")]
    [InlineData("env:SHORT", "SHORT is not base64 of 32 bytes")]
    [InlineData("awskms:alias/mine", "is no key of AWS KMS")]
    [InlineData("awskms:arn:aws:kms:eu-central-1:123456789012:alias/mine", "alias")]
    [InlineData("awskms:arn:aws:kms:eu-central-1:123456789012:key/1", "no credentials for AWS KMS; set AWS_ACCESS_KEY_ID")]
    [InlineData("vault-transit:http://vault.example/transit/key", "http only on this machine")]
    [InlineData("vault-transit:https://vault.example/key", "is no key of Vault")]
    [InlineData("vault-transit:https://me:pw@vault.example/transit/key", "is no key of Vault")]
    [InlineData("pkcs11:object=key?module-path=/lib.so", "names no token")]
    [InlineData("pkcs11:token=t?module-path=/lib.so", "names no object")]
    [InlineData("pkcs11:token=t;object=k", "module-path")]
    [InlineData("pkcs11:token=t;token=u;object=k?module-path=/lib.so", "twice")]
    [InlineData("pkcs11:token=%4;object=k?module-path=/lib.so", "%XX")]
    [InlineData("pkcs11:token=t;object=k;type=public?module-path=/lib.so", "'type'")]
    [InlineData("pkcs11:token=t;object=k?module-path=/lib.so&pin-value=1234", "every user of the machine")]
    [InlineData("pkcs11:token=t;object=k?module-path=/nowhere/lib.so", "no library that can be loaded")]
    public async Task An_address_that_cannot_be_used_is_told(string address, string what)
    {
        var surroundings = new MasterKeySurroundings(name => name switch { "SHORT" => "AAAA", "AWS_EC2_METADATA_DISABLED" => "true", _ => null }, TimeProvider.System);
        var e = await Assert.ThrowsAsync<StoreException>(
            () => MasterKeyList.OpenAsync(address, MasterKeyList.Sources, surroundings, Cancel).AsTask());

        Assert.Contains(what, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("1234,", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_in_a_variable_and_in_a_file_is_the_same_key()
    {
        var directory = Directory.CreateTempSubdirectory("nacre-key-");
        try
        {
            var path = Path.Combine(directory.FullName, "key");
            await using var fromFile = await OpenAsync($"file:{path}", null);
            await using var fromVariable = await OpenAsync("env:KEY", Convert.ToBase64String(await File.ReadAllBytesAsync(path, Cancel)));
            using var dataKey = SecretBytes.Random(32);
            var wrapped = await fromFile.WrapAsync(dataKey, "a"u8.ToArray(), Cancel);

            Assert.Equal(fromFile.Id, fromVariable.Id);
            using var again = await fromVariable.UnwrapAsync(wrapped, "a"u8.ToArray(), Cancel);
            Assert.Equal(dataKey.Reveal(), again.Reveal());
            await Assert.ThrowsAsync<StoreException>(() => fromVariable.UnwrapAsync(wrapped, "b"u8.ToArray(), Cancel).AsTask());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static ValueTask<IMasterKey> OpenAsync(string address, string? variable) =>
        MasterKeyList.OpenAsync(address, MasterKeyList.Sources, new(_ => variable, TimeProvider.System), Cancel);
}
