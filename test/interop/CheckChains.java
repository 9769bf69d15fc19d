import java.io.FileInputStream;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** java CheckChains.java ANCHOR.pem CHAIN.pem...: says of each chain, a line each, whether Java's PKIX accepts it. */
class CheckChains {
  public static void main(String[] arguments) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    X509Certificate anchor = (X509Certificate) read(factory, arguments[0]).get(0);
    PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
    parameters.setRevocationEnabled(false);
    for (int index = 1; index < arguments.length; index++) {
      CertPath path = factory.generateCertPath(read(factory, arguments[index]));
      try {
        CertPathValidator.getInstance("PKIX").validate(path, parameters);
        System.out.println("ACCEPTED");
      } catch (CertPathValidatorException refusal) {
        System.out.println("REFUSED " + refusal.getReason() + " " + refusal.getMessage());
      }
    }
  }

  private static List<Certificate> read(CertificateFactory factory, String file) throws Exception {
    try (FileInputStream stream = new FileInputStream(file)) {
      return new ArrayList<>(factory.generateCertificates(stream));
    }
  }
}
