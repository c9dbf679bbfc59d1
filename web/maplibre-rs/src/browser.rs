//! The same plan in the browser, on a canvas of the page. The page owns the pointer and the clock: it says where to
//! look ([`Picture::look`]) and when to draw ([`Picture::frame`]).

use crate::{style, tiles};
use cgmath::{Angle, Deg, Point3};
use maplibre::coords::{LatLon, WorldCoords, Zoom};
use maplibre::environment::{Environment, OffscreenKernelEnvironment};
use maplibre::io::apc::SchedulerAsyncProcedureCall;
use maplibre::io::scheduler::{ScheduleError, Scheduler};
use maplibre::io::source_client::{HttpClient, HttpSourceClient, SourceClient, SourceFetchError};
use maplibre::kernel::KernelBuilder;
use maplibre::map::Map;
use maplibre::render::builder::RendererBuilder;
use maplibre::render::eventually::Eventually;
use maplibre::render::resource::BackingBufferDescriptor;
use maplibre::render::shaders::{ShaderFeatureStyle, ShaderLayerMetadata};
use maplibre::render::{RenderPlugin, ShaderVertex};
use maplibre::vector::{DefaultVectorTransferables, VectorBufferPool, VectorPlugin};
use maplibre::window::{HeadedMapWindow, MapWindow, MapWindowConfig, WindowSize};
use raw_window_handle::{
    HasRawDisplayHandle, HasRawWindowHandle, RawDisplayHandle, RawWindowHandle, WebDisplayHandle, WebWindowHandle,
};
use std::cell::Cell;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{spawn_local, JsFuture};

/// The address that maplibre 0.0.3 asks for tiles is a constant in it; it is turned into ours here.
const FIXED_ADDRESS: &str = "https://maps.tuerantuer.org/europe_germany/";
/// The opening of the library's camera, and how many tiles it can hold in view at most.
const OPENING: Deg<f64> = Deg(110.0);
const MAX_TILES: f64 = 30.0;
const TILE_PX: f64 = 512.0;
/// How many vertices, indices and styled vertices fit on the graphics card. maplibre would reserve 364 MB.
const VERTICES: u64 = 1_000_000;
const LAYERS: u64 = 4096;

/// Server and filter of the picture now shown. The library makes its clients itself and tells them nothing, so this is
/// where they look.
static SOURCE: Mutex<(String, String)> = Mutex::new((String::new(), String::new()));
/// Tiles that were asked for and have not come.
static WAITING: AtomicU32 = AtomicU32::new(0);

#[derive(Clone)]
struct Client;

#[async_trait::async_trait(?Send)]
impl HttpClient for Client {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, SourceFetchError> {
        let tile =
            url.strip_prefix(FIXED_ADDRESS).and_then(parse).ok_or_else(|| failed(format!("not a tile: {url}")))?;
        let addresses = {
            let source = SOURCE.lock().unwrap_or_else(PoisonError::into_inner);
            tiles::addresses(&source.0, &source.1, tile)
        };
        WAITING.fetch_add(1, Ordering::Relaxed);
        let got = all(&addresses).await;
        WAITING.fetch_sub(1, Ordering::Relaxed);
        got
    }
}

/// What stands at these addresses, behind each other.
async fn all(addresses: &[String]) -> Result<Vec<u8>, SourceFetchError> {
    let mut bytes = Vec::new();
    for address in addresses {
        bytes.extend(get(address).await.map_err(|e| failed(format!("{address}: {e:?}")))?);
    }
    Ok(bytes)
}

fn failed(why: String) -> SourceFetchError {
    SourceFetchError(why.into())
}

fn parse(path: &str) -> Option<(u32, u32, u32)> {
    let mut parts = path.split('.').next()?.split('/').map(str::parse);
    match (parts.next()?, parts.next()?, parts.next()?) {
        (Ok(z), Ok(x), Ok(y)) => Some((z, x, y)),
        _ => None,
    }
}

async fn get(address: &str) -> Result<Vec<u8>, JsValue> {
    let window = web_sys::window().ok_or("no window")?;
    let answer: web_sys::Response = JsFuture::from(window.fetch_with_str(address)).await?.dyn_into()?;
    if !answer.ok() {
        return Err(JsValue::from(answer.status()));
    }
    let body = JsFuture::from(answer.array_buffer()?).await?;
    Ok(js_sys::Uint8Array::new(&body).to_vec())
}

/// Runs what maplibre wants done beside the picture, on the page's own thread.
struct Aside;

impl Scheduler for Aside {
    fn schedule<T>(&self, task: impl FnOnce() -> T + Send + 'static) -> Result<(), ScheduleError>
    where
        T: Future<Output = ()> + 'static,
    {
        spawn_local(task());
        Ok(())
    }
}

struct Kernel;

impl OffscreenKernelEnvironment for Kernel {
    type HttpClient = Client;

    fn create() -> Self {
        Self
    }

    fn source_client(&self) -> SourceClient<Client> {
        SourceClient::new(HttpSourceClient::new(Client))
    }
}

/// A canvas with the attribute `data-raw-handle`, by which the renderer finds it.
#[derive(Clone)]
struct Canvas {
    handle: u32,
    size: Cell<(u32, u32)>,
}

// The trait asks for a handle that is valid as long as the value: the page keeps its canvas as long as its `Picture`.
unsafe impl HasRawWindowHandle for Canvas {
    fn raw_window_handle(&self) -> RawWindowHandle {
        let mut handle = WebWindowHandle::empty();
        handle.id = self.handle;
        RawWindowHandle::Web(handle)
    }
}

// The display of a page is the page.
unsafe impl HasRawDisplayHandle for Canvas {
    fn raw_display_handle(&self) -> RawDisplayHandle {
        RawDisplayHandle::Web(WebDisplayHandle::empty())
    }
}

impl MapWindow for Canvas {
    fn size(&self) -> WindowSize {
        let (width, height) = self.size.get();
        WindowSize::new(width, height).expect("a canvas is at least a pixel wide and high")
    }
}

impl HeadedMapWindow for Canvas {
    type RawWindow = Self;

    fn raw(&self) -> &Self {
        self
    }

    fn request_redraw(&self) {}

    fn id(&self) -> u64 {
        u64::from(self.handle)
    }
}

impl MapWindowConfig for Canvas {
    type MapWindow = Self;

    fn create(&self) -> Self {
        self.clone()
    }
}

struct Page;

impl Environment for Page {
    type MapWindowConfig = Canvas;
    type AsyncProcedureCall = SchedulerAsyncProcedureCall<Kernel, Aside>;
    type Scheduler = Aside;
    type HttpClient = Client;
    type OffscreenKernelEnvironment = Kernel;
}

/// The plan on a canvas.
#[wasm_bindgen]
pub struct Picture {
    map: Map<Page>,
    size: (u32, u32),
    level: Option<u8>,
}

#[wasm_bindgen]
impl Picture {
    /// Starts to draw on the canvas whose `data-raw-handle` is `handle`, from the cityheart at `server`; `filter` is
    /// CQL2 text, percent-encoded, or empty.
    pub async fn start(
        handle: u32,
        width: u32,
        height: u32,
        server: String,
        filter: String,
    ) -> Result<Picture, JsError> {
        console_error_panic_hook::set_once();
        *SOURCE.lock().unwrap_or_else(PoisonError::into_inner) = (server, filter);
        let size = (width.max(1), height.max(1));
        let kernel = KernelBuilder::new()
            .with_map_window_config(Canvas { handle, size: Cell::new(size) })
            .with_http_client(Client)
            .with_apc(SchedulerAsyncProcedureCall::new(Aside))
            .with_scheduler(Aside)
            .build();
        let mut map: Map<Page> = Map::new(
            // The page's surface turns what is drawn into sRGB; the library would hand it sRGB already, which comes out
            // too light.
            style::style(style::linear),
            kernel,
            RendererBuilder::new(),
            vec![Box::new(RenderPlugin), Box::new(VectorPlugin::<DefaultVectorTransferables>::default())],
        )
        .map_err(|e| JsError::new(&e.to_string()))?;
        map.initialize_renderer().await.map_err(|e| JsError::new(&e.to_string()))?;
        let context = map.context_mut().map_err(|e| JsError::new(&e.to_string()))?;
        let pool = pool(&context.renderer.device);
        context.world.resources.insert(Eventually::Initialized(pool));
        Ok(Self { map, size, level: None })
    }

    /// Puts a place (degrees) in the middle at a zoom of the everyday map (512 pixels for the world at 0).
    pub fn look(&mut self, lon: f64, lat: f64, zoom: f64) -> Result<(), JsError> {
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        // A large canvas would need more tiles than the library can hold: then coarser ones are drawn larger.
        let mut coarser = 0.0;
        while tiles_in_view(width, height, zoom.fract() + coarser) > MAX_TILES {
            coarser += 1.0;
        }
        let drawn = (zoom - coarser).max(0.0);
        let level = drawn as u8;
        let context = self.map.context_mut().map_err(|e| JsError::new(&e.to_string()))?;
        // Tiles of many deeper zooms at once would be more than the library can hold.
        if self.level.is_some_and(|before| level + 1 < before) {
            context.world.tiles.clear();
            context.world.resources.insert(Eventually::Initialized(pool(&context.renderer.device)));
        }
        self.level = Some(level);
        let scale = 2f64.powf(zoom - drawn);
        let centre = WorldCoords::from_lat_lon(LatLon::new(lat, lon), Zoom::new(drawn));
        let distance = height / scale / 2.0 / (OPENING / 2.0).tan();
        context.view_state.update_zoom(Zoom::new(drawn));
        context.view_state.camera_mut().move_to(Point3::new(centre.x, centre.y, distance));
        Ok(())
    }

    pub fn resize(&mut self, width: u32, height: u32) -> Result<(), JsError> {
        self.size = (width.max(1), height.max(1));
        let context = self.map.context_mut().map_err(|e| JsError::new(&e.to_string()))?;
        context.view_state.resize(self.size.0, self.size.1);
        context.renderer.resize_surface(self.size.0, self.size.1);
        Ok(())
    }

    /// How many tiles are still on their way.
    pub fn waiting(&self) -> u32 {
        WAITING.load(Ordering::Relaxed)
    }

    /// Draws once. Tiles that came since the last time are in it.
    pub fn frame(&mut self) -> Result<(), JsError> {
        self.map.run_schedule().map_err(|e| JsError::new(&e.to_string()))
    }
}

/// How many tiles of the library's own width cover a canvas, its padding of one tile on each side included.
fn tiles_in_view(width: f64, height: f64, beyond: f64) -> f64 {
    let tile = TILE_PX * 2f64.powf(beyond);
    ((width / tile).ceil() + 3.0) * ((height / tile).ceil() + 3.0)
}

fn pool(device: &wgpu::Device) -> VectorBufferPool {
    let buffer = |label, bytes: u64, usage| {
        let made = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes,
            usage: usage | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        BackingBufferDescriptor::new(made, bytes)
    };
    let bytes = |count: u64, one: usize| count * one as u64;
    VectorBufferPool::new(
        buffer("vertices", bytes(VERTICES, size_of::<ShaderVertex>()), wgpu::BufferUsages::VERTEX),
        buffer("indices", bytes(VERTICES, size_of::<u32>()), wgpu::BufferUsages::INDEX),
        buffer("layers", bytes(LAYERS, size_of::<ShaderLayerMetadata>()), wgpu::BufferUsages::VERTEX),
        buffer("styles", bytes(VERTICES, size_of::<ShaderFeatureStyle>()), wgpu::BufferUsages::VERTEX),
    )
}
