# One image for every process of the product: web, live, worker, beat, migrate.

FROM node:22-slim AS front
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.13-slim AS packages
WORKDIR /app
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
COPY requirements ./requirements
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/uv.txt \
 && /venv/bin/uv pip install --python /venv/bin/python --no-cache --require-hashes -r requirements/base.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /home/kram kram
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 KRAM_DATA=/home/kram/data
COPY --from=packages /venv /venv
COPY --from=front /app/node_modules ./node_modules
COPY . .
# Compiled here once, not by each process and each health check anew.
RUN python -m config.runtime.translations \
 && python -m compileall -q manage.py config crm customers inventory orders messaging analytics integrations
# Hashed names, gathered once: the settings ask for secrets that are not looked at here.
ENV STATIC_ROOT=/app/static-gathered STATIC_HASHED=true
RUN SECRET_KEY=- KRAM_FIELD_KEYS=- REDIS_URL=redis://- DATABASE_URL=postgresql://-/- \
    python manage.py collectstatic --no-input -v 0
USER kram
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "config.wsgi:application"]
