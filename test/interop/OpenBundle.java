import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Signature;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.HexFormat;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * java -cp bcprov.jar OpenBundle.java BUNDLE.p12 PASSPHRASE...: opens it with BouncyCastle alone, with one passphrase after the
 * other, and prints a line for each entry (`entry NAME`), each certificate of its chain (`certificate SHA-256`), and whether the
 * key signs what the certificate verifies.
 */
class OpenBundle {
  private static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  public static void main(String[] arguments) throws Exception {
    for (int index = 1; index < arguments.length; index++) open(arguments[0], arguments[index].toCharArray());
  }

  private static void open(String file, char[] passphrase) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12", BOUNCY_CASTLE);
    try (InputStream stream = new FileInputStream(file)) {
      store.load(stream, passphrase);
    } catch (IOException refusal) {
      OUT.println("refused " + refusal.getMessage());
      return;
    }
    for (String name : Collections.list(store.aliases())) {
      if (!store.isKeyEntry(name)) continue;
      OUT.println("entry " + name);
      Certificate[] chain = store.getCertificateChain(name);
      for (Certificate certificate : chain) OUT.println("certificate " + fingerprint(certificate));
      chain[0].verify(chain[1].getPublicKey(), BOUNCY_CASTLE);
      OUT.println(fits((PrivateKey) store.getKey(name, passphrase), chain[0]) ? "key fits" : "key is another's");
    }
  }

  private static String fingerprint(Certificate certificate) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
    return HexFormat.ofDelimiter(":").withUpperCase().formatHex(hash);
  }

  private static boolean fits(PrivateKey key, Certificate certificate) throws Exception {
    byte[] message = "signed by the key, verified by the certificate".getBytes(StandardCharsets.UTF_8);
    Signature signature = Signature.getInstance("SHA256withECDSA", BOUNCY_CASTLE);
    signature.initSign(key);
    signature.update(message);
    byte[] signed = signature.sign();
    signature.initVerify(certificate);
    signature.update(message);
    return signature.verify(signed);
  }
}
