import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { renderConfiguration } from "../../clients/nginx/configuration.js";
import { nginxVersion } from "../../clients/nginx/nginx-version.js";
import { auditSettings } from "../../clients/nginx/settings/audit.js";
import { createDoor, type Door } from "../support/door.js";
import { nginxVersions } from "../support/nginx-versions.js";

/**
 * Configurations as people have them, around Debian's own nginx.conf of three generations: none is a hole. nginx reads them all for
 * real; it listens nowhere, in a network of its own (needs root: sudo npm test).
 */
const run = promisify(execFile);

const DOOR = (dir: string) => `
  ssl_certificate ${dir}/server.crt;
  ssl_certificate_key ${dir}/server.key;
  ssl_client_certificate ${dir}/devices-ca.pem;
  ssl_crl ${dir}/devices-crl.pem;
  ssl_verify_client on;
  ssl_session_cache off;
  ssl_session_tickets off;`;

const WEBSOCKETS = `
map $http_upgrade $connection_upgrade { default upgrade; '' close; }`;

/** What certbot writes: its own snippet, a site that it manages, and that site's redirect. */
const CERTBOT = {
  "letsencrypt/options-ssl-nginx.conf": `
# This file contains important security parameters.
ssl_session_cache shared:le_nginx_SSL:10m;
ssl_session_timeout 1440m;
ssl_session_tickets off;
ssl_protocols TLSv1.2 TLSv1.3;
ssl_prefer_server_ciphers off;
ssl_ciphers "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";`,
  "sites-enabled/blog": `
server {
    root /var/www/blog;
    index index.html index.php;
    server_name blog.example www.blog.example; # managed by Certbot
    location / { try_files $uri $uri/ =404; }
    location ~ \\.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/php-fpm.sock; }
    location ~ /\\.ht { deny all; }
    error_page 500 502 503 504 /50x.html;
    listen [::]:443 ssl; # managed by Certbot
    listen 443 ssl; # managed by Certbot
    ssl_certificate DIR/server.crt; # managed by Certbot
    ssl_certificate_key DIR/server.key; # managed by Certbot
    include CONF/letsencrypt/options-ssl-nginx.conf; # managed by Certbot
}
server {
    if ($host = www.blog.example) {
        return 301 https://$host$request_uri;
    } # managed by Certbot
    if ($host = blog.example) {
        return 301 https://$host$request_uri;
    } # managed by Certbot
    listen 8080;
    server_name blog.example www.blog.example;
    location ^~ /.well-known/acme-challenge/ { root /var/www/html; }
    return 404; # managed by Certbot
}`,
};

/** Home Assistant's own example, with what makes it a door in place of its shared cache. */
const HOME_ASSISTANT = {
  "conf.d/homeassistant.conf": `${WEBSOCKETS}
server {
    server_name home.example;
    listen [::]:8081 default_server ipv6only=off;
    return 301 https://$host$request_uri;
}
server {
    server_name home.example;
    listen [::]:443 ssl default_server ipv6only=off;
    add_header Strict-Transport-Security "max-age=31536000; includeSubdomains";
    ssl_protocols TLSv1.2;
    ssl_ciphers "EECDH+AESGCM:EDH+AESGCM:AES256+EECDH:AES256+EDH:!aNULL:!eNULL:!RC4";
    ssl_prefer_server_ciphers on;
    DOOR
    proxy_buffering off;
    location / {
        proxy_pass http://127.0.0.1:8123;
        proxy_set_header Host $host;
        proxy_redirect http:// https://;
        proxy_http_version 1.1;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
    }
}`,
};

/** A container image's way to name what it passes to, beside a door of the same making. */
const BY_VARIABLES = {
  "conf.d/apps.conf": `
server {
    listen 443 ssl; server_name music.example; ssl_certificate DIR/server.crt; ssl_certificate_key DIR/server.key;
    ssl_session_tickets off;
    client_max_body_size 0;
    location / {
        resolver 127.0.0.11 valid=30s;
        set $upstream_app music; set $upstream_port 4533; set $upstream_proto http;
        proxy_pass $upstream_proto://$upstream_app:$upstream_port;
    }
}`,
};

const MONITORED = {
  "conf.d/status.conf": `
server {
    listen 127.0.0.1:8082; listen [::1]:8082;
    access_log off;
    location = /nginx_status { stub_status; allow 127.0.0.1; allow ::1; deny all; }
    location / { proxy_pass http://127.0.0.1:8123; }
}
limit_req_zone $binary_remote_addr zone=slow:1m rate=5r/s;
log_format long '$remote_addr [$time_local] "$request" $status $ssl_client_serial';
upstream app { server 127.0.0.1:3000; keepalive 8; }
server { listen 8083; server_name app.example; limit_req zone=slow burst=10; gzip_static on; location / { proxy_pass http://app; } }`,
};

const ORDINARY: readonly { name: string; files: Readonly<Record<string, string>>; ownDoor?: boolean }[] = [
  { name: "nothing else", files: {} },
  { name: "a site that certbot manages", files: CERTBOT },
  { name: "Home Assistant's own example as the door", files: HOME_ASSISTANT, ownDoor: true },
  { name: "an app behind variables", files: BY_VARIABLES },
  { name: "a status server on loopback, limits and an upstream", files: MONITORED },
  { name: "all of them", files: { ...CERTBOT, ...BY_VARIABLES, ...MONITORED } },
];

for (const { name: generation, command } of await nginxVersions()) {
  let door: Door;
  let conf: string;
  before(async () => {
    door = await createDoor(command, undefined, `door of ${generation}`);
    await door.configure();
    await door.refresh();
    conf = join(door.nginx.folder, "etc");
  });
  after(() => door.stop());

  /** The configuration of that generation's Debian package, moved into a folder of the test's own. */
  async function layOut(files: Readonly<Record<string, string>>): Promise<void> {
    const debian = join(dirname(command), "../../etc/nginx");
    await rm(conf, { recursive: true, force: true });
    for (const name of ["mime.types", "fastcgi.conf", "fastcgi_params", "snippets"])
      await cp(join(debian, name), join(conf, name), { recursive: true });
    for (const name of ["conf.d", "sites-enabled", "modules-enabled"]) await mkdir(join(conf, name));
    const moved = (await readFile(join(debian, "nginx.conf"), "utf8"))
      .replaceAll("/etc/nginx/", `${conf}/`)
      .replace(/^(pid|error_log|\s*access_log) [^;]*\/([\w.]+)/gm, `$1 ${door.nginx.folder}/$2`);
    await writeFile(join(conf, "nginx.conf"), `worker_shutdown_timeout 2s;\n${moved}`);
    await cp(join(debian, "sites-available/default"), join(conf, "sites-enabled/default"));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(conf, name)), { recursive: true });
      const filled = text.replaceAll("CONF", conf).replaceAll("DOOR", DOOR(door.dir)).replaceAll("DIR", door.dir);
      await writeFile(join(conf, name), filled);
    }
  }

  async function dump(): Promise<string> {
    const withLoopback = 'ip link set lo up && exec "$0" "$@"';
    const args = [
      "-n",
      "sh",
      "-c",
      withLoopback,
      command,
      "-T",
      "-c",
      join(conf, "nginx.conf"),
      "-e",
      join(door.nginx.folder, "error.log"),
    ];
    return (await run("unshare", args, { maxBuffer: 16 * 1024 * 1024 })).stdout;
  }

  for (const { name, files, ownDoor } of ORDINARY) {
    test(`${generation}: no hole in Debian's configuration with ${name}`, async () => {
      const place = {
        dir: door.dir,
        doors: [{ serverNames: ["home.example"], backend: "http://127.0.0.1:8123" }],
        listen: ["443", "[::]:443"],
        statusPort: 8481,
      };
      const { http } = renderConfiguration({ ...place, version: await nginxVersion(door.nginx.commands.nginx) });
      await layOut({ ...(ownDoor ? {} : { "conf.d/latchkey.conf": http }), ...files });
      assert.deepEqual(await auditSettings(await dump(), door.dir, { cutsItself: true }), []);
    });
  }
}
